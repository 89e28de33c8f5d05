import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { eager } from "./build/eager.ts";
import { frame } from "./build/frame.ts";
import { inlined } from "./build/inlined.ts";
import { packed } from "./build/packed.ts";
import { precache } from "./build/precache.ts";

const SERVICE = process.env["BEATPLAN_URL"] ?? "http://127.0.0.1:8000";

const CORE = new RegExp(
  [
    "src/api/(calls|client|sending)\\b",
    "src/components/(Badge|Choice|Icon)\\b",
    "src/i18n/(en|language)",
    "src/offline/(database|days|install|outbox|worker)\\b",
    "src/today/(ActionBar|NavigateButton|day|opening|painted|settings|today\\.svelte|words)\\b",
  ].join("|"),
);

/** What the phone loads once its list stands, in one file too. */
const LATER = /src\/(offline\/(history|live|pack|position|week)|today\/(later|privacy)|map\/route)\b/;

export default defineConfig({
  plugins: [svelte(), frame(), inlined("today", "src/today/start.ts"), precache("today", "sw.js", ["DayMap"]), eager(["core", "today"]), packed()],
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
  server: { proxy: { "/api": SERVICE } },
  build: {
    target: "es2022",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      checks: { pluginTimings: false }, // packing takes long on purpose
      input: {
        today: "today.html",
        board: "board.html",
        territories: "territories.html",
        sw: "src/worker/sw.ts",
      },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        // what the phone needs for its first list in one file: it packs a tenth smaller than in ten
        codeSplitting: { groups: [{ name: "core", test: CORE }, { name: "later", test: LATER }] },
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node", isolate: false, fileParallelism: false },
});
