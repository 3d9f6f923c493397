/** A WebTorrent tracker for p2p-media-loader on the address that is given; says its port, ends with its parent. */
// By its file: the package's own entry also loads its client, whose native part an install without scripts does not build.
import Server from "./node_modules/bittorrent-tracker/server.js";

const [host] = process.argv.slice(2);
const server = new Server({ udp: false, http: false, ws: true, stats: false });
server.on("error", (error) => { throw error; });
server.on("warning", ({ message }) => { console.error(message); });
server.on("listening", () => { console.log(server.ws.address().port); });
server.listen(0, host);
process.stdin.on("end", () => { process.exit(0); }).resume();
