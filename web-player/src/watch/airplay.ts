/** Safari sends a picture to a television only where the video has an address that the television can load. */
import type Hls from "hls.js";

const CHANGED = "webkitcurrentplaybacktargetiswirelesschanged";

interface AirPlayVideo extends HTMLVideoElement {
  readonly webkitCurrentPlaybackTargetIsWireless?: boolean;
}

/** Offer AirPlay of `url`; nothing is loaded here while another device plays. To be called after `attachMedia`. */
export function offerAirPlay(video: AirPlayVideo, hls: Hls, url: string): void {
  if (video.webkitCurrentPlaybackTargetIsWireless === undefined) return;
  const follow = (): void => {
    if (video.webkitCurrentPlaybackTargetIsWireless === true) hls.stopLoad();
    else hls.startLoad();
  };
  const source = document.createElement("source");
  source.type = "application/x-mpegURL";
  source.src = url;
  video.disableRemotePlayback = false;
  video.append(source);
  video.addEventListener(CHANGED, follow);
  if (video.webkitCurrentPlaybackTargetIsWireless) hls.stopLoad();
}
