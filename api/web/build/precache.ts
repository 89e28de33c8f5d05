import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/**
 * Tells the service worker which files the phone page needs, and gives that set a name that changes with it.
 *
 * Sheets and languages that load on demand are among them, so that they open without a network; chunks named in
 * `large` (the map) are not: the page keeps those when it first has time.
 */
export function precache(page: string, worker: string, large: readonly string[]): Plugin {
  return {
    name: "precache",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const needed = new Set<string>();
      const take = (name: string): void => {
        const chunk = bundle[name];
        if (needed.has(name) || chunk?.type !== "chunk" || large.includes(chunk.name)) return;
        needed.add(name);
        for (const style of chunk.viteMetadata?.importedCss ?? []) needed.add(style);
        chunk.imports.forEach(take);
        chunk.dynamicImports.forEach(take);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry && chunk.name === page) take(name);
      }
      const files = [...needed].sort();
      const rest = Object.keys(bundle).filter((name) => name.startsWith("assets/") && !needed.has(name));
      const version = createHash("sha256");
      for (const [name, part] of Object.entries(bundle).sort(([a], [b]) => a.localeCompare(b))) {
        version.update(name).update(part.type === "chunk" ? part.code : part.source);
      }
      const chunk = bundle[worker];
      if (chunk?.type !== "chunk") throw new Error(`${worker} is not among what was built`);
      chunk.code = chunk.code
        .replaceAll("__SHELL_FILES__", JSON.stringify(files.map((name) => `/${name}`)))
        .replaceAll("__LARGE_FILES__", JSON.stringify(rest.sort().map((name) => `/${name}`)))
        .replaceAll("__SHELL_VERSION__", JSON.stringify(version.digest("hex").slice(0, 16)));
    },
  };
}
