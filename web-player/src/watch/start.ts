/** Playback first: what must be there for the first picture, and nothing else. The rest of the page comes after it. */
import Hls from "hls.js";
import { element } from "../element.ts";
import type { Engine } from "../engine-interface.ts";
import type { Item } from "../item.ts";
import { Playback } from "./playback.ts";
import { Recovery } from "./recovery.ts";
import { resumePosition } from "./resume.ts";

/** When the picture takes longer, controls come before it, ms. */
const PATIENCE = 1500;

/** What plays. `resumed`: the second at which the viewer left off, where playback goes on from it. */
export interface Started {
  readonly playback: Playback;
  readonly recovery: Recovery;
  readonly resumed: number | null;
}

/** Play an item on an empty stage. Null where this browser cannot. */
export function startItem(item: Item, stage: HTMLElement, engine: Engine | null): Started | null {
  const video = element("video", { playsinline: true });
  if (!Hls.isSupported() && video.canPlayType("application/vnd.apple.mpegurl") === "") return null;
  stage.append(video);
  const resumed = item.state === "live" ? null : resumePosition(item.id);
  const playback = new Playback(video, item.playlist, resumed === null ? null : { seconds: resumed }, engine);
  return { playback, recovery: new Recovery(playback), resumed };
}

/** Resolves with the first picture, or when the viewer needs controls without one: to start it, or to see what is wrong. */
export function firstPicture({ playback }: Started): Promise<void> {
  const { video, hls } = playback;
  return new Promise((resolve) => {
    const done = (): void => {
      resolve();
    };
    video.addEventListener("playing", done, { once: true });
    video.addEventListener("error", done, { once: true });
    // A browser that wants a click before it plays leaves the video paused.
    video.addEventListener("pause", done, { once: true });
    video.addEventListener("canplay", () => {
      if (video.paused) resolve();
    }, { once: true });
    hls?.on(Hls.Events.ERROR, (_event, { fatal }) => {
      if (fatal) resolve();
    });
    setTimeout(done, PATIENCE);
  });
}
