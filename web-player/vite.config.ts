import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const ENGINE = "src/engine-entry.ts";
const EMBEDDING = "src/embedding.ts";
const page = (name: string) => resolve(import.meta.dirname, name);

/** The watch page asks for the engine in any case: its file is fetched beside the page's own. */
const preloadEngine: Plugin = {
  name: "preload-engine",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle = {}, path }) => {
      if (path !== "/watch.html") return [];
      const [engine] = Object.values(bundle).filter((one) => one.type === "chunk" && one.moduleIds.includes(page(ENGINE)));
      if (engine === undefined) throw new Error(`no chunk holds ${ENGINE}`);
      return [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${engine.fileName}` }, injectTo: "head" }];
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
