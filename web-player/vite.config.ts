import { resolve } from "node:path";
import { defineConfig } from "vite";

const EMBEDDING = "src/embedding.ts";
const page = (name: string) => resolve(import.meta.dirname, name);

export default defineConfig({
  appType: "mpa",
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: [page("index.html"), page("watch.html"), page("operators.html"), page(EMBEDDING)],
      // Other people's pages import this one by its name.
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: (chunk) => (chunk.facadeModuleId === page(EMBEDDING) ? "banyan-engine.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
