import { build, type Plugin, type Rolldown } from "vite";

const NAMES = /\[[`"']__SHEETS__[`"']\]/;
const SHEET = /\n? *<link rel="stylesheet" crossorigin href="\/([^"]+)">/g;

/**
 * Puts a page's styles and a small program into the page itself: the program runs before anything else is fetched.
 *
 * Every file that a page asks for costs a slow phone as long as drawing two stops of its list.
 */
export function inlined(page: string, source: string): Plugin {
  let serving = false;
  return {
    name: "inlined",
    configResolved({ command }) {
      serving = command === "serve";
    },
    transformIndexHtml: {
      order: "post",
      async handler(html, { path }) {
        if (path !== `/${page}.html`) return html;
        const script = serving ? `<script type="module" src="/${source}"></script>` : `<script>${await bundled(source)}</script>`;
        // before every style sheet: a script waits for those above it
        return html.replace("</title>", () => `</title>\n    ${script}`);
      },
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const found = bundle[`${page}.html`];
        if (found?.type !== "asset") throw new Error(`${page}.html is not among what was built`);
        const html = String(found.source);
        const names = [...html.matchAll(SHEET)].map(([, name = ""]) => name);
        const styles = names.map((name) => {
          const sheet = bundle[name];
          if (sheet?.type !== "asset") throw new Error(`${name} is not among what was built`);
          return String(sheet.source).trim();
        });
        const style = `<style>${styles.join("")}</style>\n  </head>`;
        found.source = html
          .replaceAll(SHEET, "")
          .replace("</head>", () => style)
          .replace(NAMES, () => JSON.stringify(names.map((name) => `/${name}`)));
      },
    },
  };
}

async function bundled(source: string): Promise<string> {
  const options = { input: source, output: { format: "iife" as const } };
  const made = await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { __INLINED_SHEETS__: '["__SHEETS__"]' },
    build: { write: false, target: "es2022", modulePreload: false, rollupOptions: options },
  });
  const [part] = (made as Rolldown.RolldownOutput).output;
  const code = part.code.trim();
  if (code.includes("</script")) throw new Error(`${source} cannot stand in a page`);
  return code;
}
