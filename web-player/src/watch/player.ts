/** Put an item on the page and play it. */
import Hls from "hls.js";
import { element } from "../element.ts";
import type { Engine } from "../engine-interface.ts";
import type { Caption, Item } from "../item.ts";
import { ClassPlayback } from "./class-playback.ts";
import { runClass } from "./class-controls.ts";
import { createControls } from "./controls.ts";
import { createHlsVideo, type HlsVideo } from "./hls-video.ts";
import { LiveButton } from "./live-button.ts";
import { NoticeBoard } from "./notice.ts";
import { sentenceFor } from "./playback-error.ts";
import { Playback } from "./playback.ts";
import { keepQuality } from "./quality.ts";
import { Recovery } from "./recovery.ts";
import { rememberPosition, resumeChip } from "./resuming.ts";
import { resumePosition } from "./resume.ts";
import { Speed } from "./speed.ts";
import { TimeShiftBar } from "./time-shift-bar.ts";

function captionTrack(caption: Caption): HTMLElement {
  return element("track", { kind: "subtitles", src: caption.url, srclang: caption.language, label: caption.name });
}

function videoOf(item: Item): HlsVideo {
  const video = createHlsVideo();
  video.setAttribute("playsinline", "");
  if (item.thumbnails !== null) {
    video.append(element("track", { kind: "metadata", label: "thumbnails", default: true, src: item.thumbnails }));
  }
  video.append(...item.captions.map(captionTrack));
  return video;
}

function showTroubles(playback: Playback, notices: NoticeBoard): void {
  const recovery = new Recovery(playback, (trouble) => {
    notices.show(
      trouble && {
        text: (m) => sentenceFor(trouble.kind, m),
        detail: trouble.detail,
        action: {
          label: (m) => m.retry,
          run: () => {
            recovery.retry();
          },
        },
      },
    );
  });
}

/** The page of an item that can be watched. */
export class Player {
  readonly root = element("div", { class: "stage" });
  readonly #item: Item;
  readonly #engine: Engine | null;
  readonly #badge: HTMLElement;
  readonly #notices = new NoticeBoard();
  readonly #video: HlsVideo;

  constructor(item: Item, engine: Engine | null, badge: HTMLElement) {
    this.#item = item;
    this.#engine = engine;
    this.#badge = badge;
    this.#video = videoOf(item);
  }

  /** Build the controls and play. A live class gets the bar over all of it. */
  async start(): Promise<Playback | null> {
    if (!Hls.isSupported() && this.#video.nativeEl.canPlayType("application/vnd.apple.mpegurl") === "") {
      this.root.append(this.#notices.root);
      this.#notices.show({ text: (m) => m.errorUnsupported });
      return null;
    }
    const live = this.#item.state === "live" && Hls.isSupported();
    return live ? await this.#startClass() : await this.#startRecording();
  }

  async #startRecording(): Promise<Playback> {
    const from = this.#item.state === "live" ? null : resumePosition(this.#item.id);
    const controls = createControls(this.#item, this.#video, this.#notices.root, { top: [this.#badge], bar: null, time: null });
    this.root.append(controls);
    const playback = await this.#play(from === null ? null : { seconds: from });
    this.#keepChoices(playback, controls);
    if (this.#item.state !== "live") rememberPosition(this.#item, playback.video);
    if (from !== null) this.root.append(resumeChip(from, playback.video));
    return playback;
  }

  async #startClass(): Promise<Playback> {
    this.root.append(this.#video);
    const playback = await this.#play(null);
    const shown = new ClassPlayback(this.#item, playback);
    const [bar, button] = [new TimeShiftBar(shown), new LiveButton(shown)];
    const additions = { top: [this.#badge], bar: bar.root, time: button.root };
    const controls = createControls(this.#item, this.#video, this.#notices.root, additions);
    this.root.append(controls);
    runClass(shown, bar, button, this.#keepChoices(playback, controls), controls);
    shown.onFinished = () => {
      this.#showEnd();
    };
    return playback;
  }

  async #play(place: { seconds: number } | null): Promise<Playback> {
    const playback = await Playback.begin(this.#video, this.#item.playlist, place, this.#engine);
    showTroubles(playback, this.#notices);
    return playback;
  }

  #keepChoices(playback: Playback, controls: HTMLElement): Speed {
    keepQuality(playback, controls);
    return new Speed(playback, controls);
  }

  #showEnd(): void {
    const reload = (): void => {
      location.reload();
    };
    this.#notices.show({ text: (m) => m.classEnded, action: { label: (m) => m.watchFromStart, run: reload } });
  }
}
