/** Builds the pages into one folder: the web player's tools, one hls.js for all. RIVALS is a folder of node_modules. */
import { resolve } from "node:path";

const here = import.meta.dirname;
const web = resolve(here, "../../../web-player");
const rivals = process.env.RIVALS;
const engines = ["http", "banyan", ...(rivals ? ["p2pml"] : [])];

export default {
  root: here,
  base: "/assets/bench/",
  resolve: {
    alias: {
      "hls.js": resolve(web, "node_modules/hls.js"),
      banyan: resolve(web, "src/embedding.ts"),
      ...(rivals && {
        // The built files: the sources want parts of Node.
        "p2p-media-loader-hlsjs": resolve(rivals, "p2p-media-loader-hlsjs/dist/p2p-media-loader-hlsjs.es.js"),
        "p2p-media-loader-core": resolve(rivals, "p2p-media-loader-core/dist/p2p-media-loader-core.es.js"),
      }),
    },
  },
  build: {
    target: "es2022",
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: engines.map((engine) => resolve(here, `${engine}.html`)) },
  },
};
