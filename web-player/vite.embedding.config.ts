/** Builds `/banyan-engine.js`: the engine in one file of that name, for pages that are not ours. Runs after the pages' build. */
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: {
      input: resolve(import.meta.dirname, "src/embedding.ts"),
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "banyan-engine.js", codeSplitting: false },
    },
  },
});
