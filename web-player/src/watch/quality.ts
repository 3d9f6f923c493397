/** The viewer's choice of quality, remembered as a picture height; automatic unless chosen. */
import Hls from "hls.js";
import { remember, remembered } from "../preferences.ts";
import type { Rendition } from "./hls-video.ts";
import type { Playback } from "./playback.ts";

const AUTOMATIC = "auto";

/** The short side of the picture, as "720p" names it. */
export const lines = (rendition: Rendition): number => Math.min(rendition.width ?? 0, rendition.height ?? 0);

/** Index of the rendition with the chosen height, or -1 for automatic. */
export function chosenIndex(choice: string | null, renditions: readonly Rendition[]): number {
  if (choice === null || choice === AUTOMATIC) return -1;
  return renditions.findIndex((rendition) => lines(rendition) === Number(choice));
}

/**
 * Keep the quality that the viewer asked for in the menu of `controls`: over playlists of one class and over visits.
 * hls-video-element pins a quality by itself after a failed load; that is undone.
 */
export function keepQuality(playback: Playback, controls: HTMLElement): void {
  const list = playback.element.videoRenditions;
  if (!list || !playback.hls) return;
  const apply = (): void => {
    const wanted = chosenIndex(remembered("quality"), [...list]);
    if (list.selectedIndex !== wanted) list.selectedIndex = wanted;
  };
  controls.addEventListener("mediarenditionrequest", (event) => {
    const id = (event as CustomEvent<string>).detail;
    const rendition = [...list].find((one) => one.id === id);
    remember("quality", rendition ? String(lines(rendition)) : AUTOMATIC);
  }, true);
  list.addEventListener("change", apply);
  playback.hls.on(Hls.Events.MANIFEST_PARSED, apply);
  apply();
}
