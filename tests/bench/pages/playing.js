/** What all pages share: the address says what to play, and `window.hls` is what the recorder looks at. */
export const asked = new URLSearchParams(location.search);
export const video = document.querySelector("video");

export function play(hls, playlist) {
  window.hls = hls;
  hls.on("hlsManifestParsed", () => { void video.play(); });
  hls.loadSource(playlist);
  hls.attachMedia(video);
}
