/** A lecture that was watched before begins in the quality that is kept: the other ones would come over the network. */
import type Hls from "hls.js";

const TRACK = /\/([A-Za-z0-9_-]{1,64})\.m3u8$/;
/** hls.js plays what needs 70 % of the bandwidth that it believes in. */
const BELIEVED = 1.5;

/** To be called when hls.js has read the multivariant playlist; `bytesOf` says how much of a track is kept. */
export function startAsKept(hls: Hls, bytesOf: (track: string) => number): void {
  const kept = hls.levels.map(({ uri }) => bytesOf(TRACK.exec(new URL(uri, location.href).pathname)?.[1] ?? ""));
  const most = Math.max(0, ...kept);
  const level = hls.levels[kept.indexOf(most)];
  if (most === 0 || level === undefined) return;
  // Loads out of the cache tell hls.js nothing of the network, so this holds until something comes over it.
  hls.bandwidthEstimate = level.maxBitrate * BELIEVED;
  hls.startLevel = kept.indexOf(most);
}
