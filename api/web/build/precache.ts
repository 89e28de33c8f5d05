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
      const reached = (isStart: (name: string) => boolean, without: readonly string[]): Set<string> => {
        const found = new Set<string>();
        const take = (name: string): void => {
          const chunk = bundle[name];
          if (found.has(name) || chunk?.type !== "chunk" || without.includes(chunk.name)) return;
          found.add(name);
          for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
          chunk.imports.forEach(take);
          chunk.dynamicImports.forEach(take);
        };
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === "chunk" && chunk.isEntry && isStart(chunk.name)) take(chunk.fileName);
        }
        return found;
      };
      const needed = reached((name) => name === page, large);
      const own = reached((name) => name === page, []);
      const others = reached((name) => name !== page, []);
      const files = [...needed].sort();
      // what only other pages load is none of the phone's business
      const isRest = (name: string): boolean => !needed.has(name) && (own.has(name) || !others.has(name));
      const rest = Object.keys(bundle).filter((name) => name.startsWith("assets/") && isRest(name));
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
