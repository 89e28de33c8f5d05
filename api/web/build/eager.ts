import type { Plugin } from "vite";

/**
 * Tells browsers that all functions of some files run as the page opens.
 *
 * They are then compiled beside the page's thread while the file comes, not one by one as the list is drawn.
 */
export function eager(names: readonly string[]): Plugin {
  return {
    name: "eager",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const part of Object.values(bundle)) {
          if (part.type === "chunk" && names.includes(part.name)) part.code = `//# allFunctionsCalledOnLoad\n${part.code}`;
        }
      },
    },
  };
}
