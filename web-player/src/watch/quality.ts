/** The viewer's choice of quality, remembered as a picture height; automatic unless chosen. */
import Hls from "hls.js";
import { remember, remembered } from "../preferences.ts";
import type { Playback } from "./playback.ts";
import type { Rendition, RenditionList } from "./screen.ts";

const AUTOMATIC = "auto";

/** The short side of the picture, as "720p" names it. */
export const lines = (rendition: Rendition): number => Math.min(rendition.width ?? 0, rendition.height ?? 0);

/** Index of the rendition with the chosen height, or -1 for automatic. */
export function chosenIndex(choice: string | null, renditions: readonly Rendition[]): number {
  if (choice === null || choice === AUTOMATIC) return -1;
  return renditions.findIndex((rendition) => lines(rendition) === Number(choice));
}

/** Keep the quality that the viewer asked for in the menu of `controls`: over playlists of one class and over visits. */
export function keepQuality(playback: Playback, list: RenditionList, controls: HTMLElement): void {
  if (!playback.hls) return;
  const apply = (): void => {
    const wanted = chosenIndex(remembered("quality"), [...list]);
    if (list.selectedIndex !== wanted) list.selectedIndex = wanted;
  };
  controls.addEventListener("mediarenditionrequest", (event) => {
    const id = (event as CustomEvent<string>).detail;
    const rendition = [...list].find((one) => one.id === id);
    remember("quality", rendition ? String(lines(rendition)) : AUTOMATIC);
  }, true);
  playback.hls.on(Hls.Events.MANIFEST_PARSED, apply);
  playback.hls.on(Hls.Events.LEVELS_UPDATED, apply);
  apply();
}
