import type { HtmlTagDescriptor, Plugin } from "vite";

const VIEW = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";

/** What all pages have around their program: head, place to stand, and a word where scripts do not run. */
export function frame(): Plugin {
  const meta = (name: string, content: string): HtmlTagDescriptor => ({ tag: "meta", attrs: { name, content } });
  const head: HtmlTagDescriptor[] = [
    { tag: "meta", attrs: { charset: "utf-8" } },
    meta("viewport", VIEW),
    meta("theme-color", "#0b3d5c"),
    meta("referrer", "no-referrer"),
    { tag: "title", children: "beatplan" },
  ];
  const icon: HtmlTagDescriptor = { tag: "link", attrs: { rel: "icon", href: "/icons/beatplan.svg" } };
  const body: HtmlTagDescriptor[] = [
    { tag: "div", attrs: { id: "page" } },
    { tag: "noscript", children: "This page needs JavaScript. 本页面需要启用 JavaScript。" },
  ];
  return {
    name: "frame",
    transformIndexHtml: (html) => [
      ...[...head, ...(html.includes('rel="icon"') ? [] : [icon])].map((tag) => ({ ...tag, injectTo: "head-prepend" as const })),
      ...body.map((tag) => ({ ...tag, injectTo: "body-prepend" as const })),
    ],
  };
}
