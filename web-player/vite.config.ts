import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const ENGINE = "src/engine-entry.ts";
const page = (name: string) => resolve(import.meta.dirname, name);

/** The watch page asks for the engine in any case: its files are fetched beside the page's own. */
const preloadEngine: Plugin = {
  name: "preload-engine",
  transformIndexHtml: {
    order: "post",
    handler: (html, { bundle = {}, path }) => {
      if (path !== "/watch.html") return [];
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const engine = chunks.find(({ moduleIds }) => moduleIds.includes(page(ENGINE)));
      if (engine === undefined) throw new Error(`no chunk holds ${ENGINE}`);
      return [engine.fileName, ...engine.imports]
        .filter((file) => !html.includes(file))
        .map((file) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` }, injectTo: "head" }));
    },
  },
};

export default defineConfig({
  appType: "mpa",
  plugins: [preloadEngine],
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: [page("index.html"), page("watch.html"), page("operators.html")] },
  },
});
