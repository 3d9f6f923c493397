/** hls.js as its authors ship it, with our engine. */
import Hls from "hls.js";
import { createBanyan } from "banyan";
import { asked, play, video } from "./playing.js";

const playlist = asked.get("src");
const engine = createBanyan({ Hls, playlist });
const hls = new Hls(engine.hlsConfig);
engine.attach(hls, video);
addEventListener("pagehide", () => { engine.destroy(); });
window.banyan = { hls, engine, video };
window.received = () => {
  const { httpBytes, peerBytes, seederBytes, sentBytes, wastedBytes, rejectedBlocks, peers } = engine.stats();
  return {
    http: httpBytes,
    peer: peerBytes,
    seeder: seederBytes,
    sent: sentBytes,
    wasted: wastedBytes,
    rejected: rejectedBlocks,
    neighbours: peers,
  };
};
play(hls, playlist);
