import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (name: string) => resolve(import.meta.dirname, name);

export default defineConfig({
  appType: "mpa",
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: [page("index.html"), page("watch.html"), page("operators.html")] },
  },
});
