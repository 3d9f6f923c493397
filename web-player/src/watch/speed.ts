/** The viewer's speed, which hls.js's catching up must not undo, and which a change of playlist must not lose. */
import { CATCH_UP_RATE } from "./hls-settings.ts";
import type { Playback } from "./playback.ts";

/** Keep what is chosen in the menu or by `<` and `>` until it is changed, or until the viewer has caught up with live. */
export class Speed {
  readonly #playback: Playback;

  constructor(playback: Playback, controls: HTMLElement) {
    this.#playback = playback;
    controls.addEventListener("mediaplaybackraterequest", (event) => {
      this.choose((event as CustomEvent<number>).detail);
    }, true);
  }

  choose(rate: number): void {
    const { video, hls } = this.#playback;
    // Loading another source resets the speed to the default one.
    video.defaultPlaybackRate = rate;
    video.playbackRate = rate;
    if (hls) hls.config.maxLiveSyncPlaybackRate = rate === 1 ? CATCH_UP_RATE : 1;
  }

  /** Faster than life cannot go on at the live edge. */
  caughtUp(): void {
    if (this.#playback.video.defaultPlaybackRate > 1) this.choose(1);
  }
}
