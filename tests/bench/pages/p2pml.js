/** p2p-media-loader with its own settings, but for a tracker of its own and no STUN, as everything is in one place. */
import Hls from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { asked, play } from "./playing.js";

/**
 * It knows a playlist by its address. Our origin offers blocking reloads, hls.js takes them with `?_HLS_msn=`, and from
 * then on nothing would be shared; so here hls.js does not hear of the offer, and polls.
 */
class PollingLoader extends Hls.DefaultConfig.loader {
  load(context, config, callbacks) {
    const onSuccess = (response, ...more) => {
      if (typeof response.data === "string") response.data = response.data.replace(/^#EXT-X-SERVER-CONTROL:.*$/m, "");
      callbacks.onSuccess(response, ...more);
    };
    super.load(context, config, { ...callbacks, onSuccess });
  }
}

const HlsWithPeers = HlsJsP2PEngine.injectMixin(Hls);
// `sync` is the distance to the live edge in segments; without it the engine chooses, up to 120 s.
const sync = asked.get("sync");
const hls = new HlsWithPeers({
  loader: PollingLoader,
  ...(sync === null ? {} : { liveSyncDurationCount: Number(sync) }),
  p2p: { core: { announceTrackers: [asked.get("tracker")], rtcConfig: { iceServers: [] } } },
});
const bytes = { peer: 0, http: 0, sent: 0 };
const loaded = new Map();
const played = new Map();
const peers = new Set();
const engine = hls.p2pEngine;
engine.addEventListener("onChunkDownloaded", (size, source) => { bytes[source === "p2p" ? "peer" : "http"] += size; });
engine.addEventListener("onSegmentLoaded", ({ segmentUrl, bytesLength }) => { loaded.set(segmentUrl, bytesLength); });
engine.addEventListener("onChunkUploaded", (size) => { bytes.sent += size; });
// A peer is met once for each track.
engine.addEventListener("onPeerConnect", ({ peerId }) => { peers.add(peerId); });
engine.addEventListener("onPeerClose", ({ peerId }) => { peers.delete(peerId); });
hls.on("hlsFragLoaded", (_name, { frag, payload }) => {
  if (frag.sn !== "initSegment") played.set(frag.url, payload.byteLength);
});
const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);
window.received = () => ({
  // What it does not take on, the first segments, hls.js loads by itself.
  http: bytes.http + sum([...played].filter(([url]) => !loaded.has(url)).map(([, size]) => size)),
  peer: bytes.peer,
  seeder: 0,
  sent: bytes.sent,
  // Segments under way count until they are complete, so a sample in mid-transfer reads a little high.
  wasted: Math.max(0, bytes.http + bytes.peer - sum([...loaded.values()])),
  rejected: 0,
  neighbours: peers.size,
});
play(hls, asked.get("src"));
