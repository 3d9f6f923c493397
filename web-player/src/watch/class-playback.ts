/** A class that is live, or was when the page was opened: one time axis over the live playlist and closed windows. */
import type { Item } from "../item.ts";
import type { Playback } from "./playback.ts";
import { LIVE_SYNC_SEGMENTS } from "./hls-settings.ts";
import {
  LIVE_WINDOW_MS,
  LiveEdge,
  liveFrom,
  mediaAt,
  sourceAfter,
  sourceFor,
  wallAt,
  type Source,
  type Span,
} from "./time-shift.ts";

export class ClassPlayback {
  readonly item: Item;
  readonly playback: Playback;
  /** Called when the class has been played to its end. */
  onFinished: () => void = () => undefined;
  #edge: LiveEdge;
  #live = true;
  #source: Source = { kind: "live" };
  /** Where playback shall be while a playlist is loading, Unix ms. */
  #target: number | null = null;

  constructor(item: Item, playback: Playback) {
    this.item = item;
    this.playback = playback;
    this.#edge = new LiveEdge(this.started + item.duration);
    playback.video.addEventListener("ended", () => {
      this.#goOn();
    });
  }

  get started(): number {
    return this.item.started ?? this.item.created;
  }

  get source(): Source {
    return this.#source;
  }

  span(): Span {
    const edge = this.#live ? this.#edge.at(Date.now()) : this.#edge.at(0);
    return { started: this.started, edge, live: this.#live, segment: this.item.segment_duration };
  }

  /** The moment on the screen, or the one that is being loaded. */
  position(): number {
    if (this.#target !== null) return this.#target;
    const wall = wallAt(this.playback.video.currentTime, this.playback.anchors());
    return wall ?? this.span().edge;
  }

  /** Whether the viewer follows the class as closely as live playback does. */
  atLive(): boolean {
    const span = this.span();
    const behind = (LIVE_SYNC_SEGMENTS + 2) * span.segment;
    return span.live && this.#source.kind === "live" && this.position() >= span.edge - behind;
  }

  /** Show a moment of the class, from whichever playlist lists it. */
  seek(wall: number): void {
    const span = this.span();
    const at = Math.min(Math.max(wall, span.started), span.edge);
    const source = sourceFor(at, span);
    if (!this.#isLoaded(source, at)) this.#open(source, at, !this.playback.video.paused);
    else this.#seekWithin(at);
  }

  /** Back to the newest moment. */
  goLive(): void {
    if (this.#source.kind !== "live") this.#open({ kind: "live" }, null, true);
    else this.playback.video.currentTime = this.playback.hls?.liveSyncPosition ?? this.playback.video.duration;
    this.playback.play();
  }

  /** The class is over; its newest moment is `end`, Unix ms. */
  end(end: number): void {
    this.#edge.observe(end, end);
    this.#live = false;
  }

  /** To be called about twice a second: learn from the playlist, and leave it before the playhead slides out of it. */
  tick(): void {
    const anchors = this.playback.anchors();
    const newest = anchors.at(-1);
    if (!newest) return;
    this.#settle();
    if (this.#source.kind !== "live") return;
    const edge = newest.wall + newest.duration;
    if (this.playback.growing === true) this.#edge.observe(edge, Math.max(Date.now(), edge));
    else if (this.#live) this.end(edge);
    const position = this.position();
    if (this.#target === null && position < liveFrom(this.span()) - this.item.segment_duration) this.seek(position);
  }

  /** Whether the playlist at hand lists the moment: a window loaded while the class ran ends where it ended then. */
  #isLoaded(source: Source, at: number): boolean {
    if (source.kind !== this.#source.kind) return false;
    if (source.kind === "live" || this.#source.kind === "live") return this.#target === null;
    const newest = this.playback.anchors().at(-1);
    return source.start === this.#source.start && newest !== undefined && at < newest.wall + newest.duration;
  }

  #seekWithin(at: number): void {
    const media = mediaAt(at, this.playback.anchors());
    if (media === null) return;
    const newest = this.#source.kind === "live" ? this.playback.hls?.liveSyncPosition : null;
    this.playback.video.currentTime = Math.min(media, newest ?? media);
  }

  #open(source: Source, at: number | null, play: boolean): void {
    this.#source = source;
    this.#target = at;
    const url = source.kind === "live" ? this.item.playlist : `${this.item.playlist}?start=${source.start}`;
    this.playback.open(url, at === null ? null : { wall: at, guess: this.#guess(source, at) }, play);
  }

  #guess(source: Source, at: number): number {
    const first = source.kind === "live" ? this.span().edge - LIVE_WINDOW_MS : source.start;
    return Math.max(0, (at - first) / 1000);
  }

  /** The target is reached when its playlist is there and a picture of it is shown. */
  #settle(): void {
    if (this.#target !== null && this.playback.video.readyState >= 2 && !this.playback.video.seeking) this.#target = null;
  }

  #goOn(): void {
    const newest = this.playback.anchors().at(-1);
    const end = newest ? newest.wall + newest.duration : this.position();
    const next = this.#source.kind === "window" ? sourceAfter(end, this.span()) : null;
    if (!next) this.onFinished();
    else if (!isSame(next, this.#source)) this.#open(next, end, true);
    else setTimeout(() => {
      // The window was not full when it was loaded: by now it has a segment more.
      if (isSame(next, this.#source) && this.playback.video.ended) this.#open(next, end, true);
    }, this.item.segment_duration);
  }
}

function isSame(a: Source, b: Source): boolean {
  return a.kind === "window" ? b.kind === "window" && a.start === b.start : b.kind === "live";
}
