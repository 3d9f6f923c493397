/** Watch hls.js fail, try again, and say so. */
import Hls from "hls.js";
import type { Playback } from "./playback.ts";
import { kindOf, retryDelay, type HlsFailure, type PlaybackErrorKind } from "./playback-error.ts";

export interface Trouble {
  readonly kind: PlaybackErrorKind;
  /** For the person who reports it; not translated. */
  readonly detail: string;
}

export class Recovery {
  readonly #playback: Playback;
  #listener: (trouble: Trouble | null) => void = () => undefined;
  #shown: Trouble | null = null;
  #trouble: Trouble | null = null;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(playback: Playback) {
    this.#playback = playback;
    this.#watch(playback);
  }

  /** `listener` is told of a failure that stops playback, and null once it goes on; at once of one that already did. */
  tell(listener: (trouble: Trouble | null) => void): void {
    this.#listener = listener;
    if (this.#shown !== null) listener(this.#shown);
  }

  #show(trouble: Trouble | null): void {
    this.#shown = trouble;
    this.#listener(trouble);
  }

  #watch({ hls, video }: Playback): void {
    if (!hls) {
      video.addEventListener("error", () => {
        this.#failed({ type: "mediaError", details: video.error?.message ?? "", fatal: true });
      });
      return;
    }
    hls.on(Hls.Events.ERROR, (_event, failure) => {
      if (failure.fatal) this.#failed(failure);
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.#recovered();
    });
  }

  /** Try again now. */
  retry(): void {
    this.#cancel();
    const { hls, video } = this.#playback;
    const kind = this.#trouble?.kind;
    if (!hls) video.load();
    else if (kind === "decode") hls.recoverMediaError();
    else if (hls.levels.length > 0 && kind === "network") hls.startLoad();
    else if (hls.url !== null) hls.loadSource(hls.url);
    this.#playback.play();
  }

  #failed(failure: HlsFailure): void {
    const kind = kindOf(failure);
    const detail = [failure.details, failure.response?.code, failure.error?.message].filter(Boolean).join(", ");
    this.#trouble = { kind, detail };
    const delay = retryDelay(kind, this.#tries);
    // A decoder that is reset at once mostly goes on: no word of it unless it fails again.
    if (delay !== 0) this.#tell();
    this.#cancel();
    if (delay === null) return;
    this.#tries += 1;
    this.#timer = setTimeout(() => {
      this.retry();
    }, delay);
  }

  /** At once where the picture stands; while there is something buffered to play, when that runs out. */
  #tell(): void {
    const { video } = this.#playback;
    if (video.paused || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#show(this.#trouble);
    else video.addEventListener("waiting", this.#onWaiting, { once: true });
  }

  readonly #onWaiting = (): void => {
    if (this.#trouble !== null) this.#show(this.#trouble);
  };

  #recovered(): void {
    if (this.#trouble === null) return;
    this.#cancel();
    this.#trouble = null;
    this.#tries = 0;
    this.#playback.video.removeEventListener("waiting", this.#onWaiting);
    this.#show(null);
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
