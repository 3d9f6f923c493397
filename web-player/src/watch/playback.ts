/** One item being played: one hls.js instance for the page's life, whose source may change (windows of a class). */
import Hls, { type LevelDetails } from "hls.js";
import type { Engine } from "../engine-interface.ts";
import { offerAirPlay } from "./airplay.ts";
import { hlsSettings } from "./hls-settings.ts";
import type { Anchor } from "./time-shift.ts";
import { mediaAt } from "./time-shift.ts";

/** Where to begin: a second of the playlist, a moment (Unix ms, `guess` its second), or hls.js's choice. */
export type Place = { readonly seconds: number } | { readonly wall: number; readonly guess: number } | null;

/** A start this far off the wanted moment is corrected, s. */
const TOLERANCE = 0.3;

function anchorsOf(details: LevelDetails | null): Anchor[] {
  const anchors: Anchor[] = [];
  for (const { start, programDateTime, duration } of details?.fragments ?? []) {
    if (programDateTime !== null) anchors.push({ media: start, wall: programDateTime, duration: duration * 1000 });
  }
  return anchors;
}

export class Playback {
  readonly video: HTMLVideoElement;
  /** Null where the browser plays HLS by itself (older iPhones). */
  readonly hls: Hls | null;
  #details: LevelDetails | null = null;
  #place: Place;

  /** Begin to play `url`. The engine's loaders take part where hls.js runs. */
  constructor(video: HTMLVideoElement, url: string, place: Place, engine: Engine | null) {
    this.video = video;
    this.#place = place;
    this.hls = Hls.isSupported() ? new Hls({ ...hlsSettings, ...engine?.hlsConfig, startPosition: secondsOf(place) }) : null;
    if (this.hls) this.#begin(this.hls, url, engine);
    else video.src = url;
    this.play();
  }

  #begin(hls: Hls, url: string, engine: Engine | null): void {
    hls.loadSource(url);
    hls.attachMedia(this.video);
    engine?.attach(hls, this.video);
    offerAirPlay(this.video, hls, url);
    hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#details = details;
      this.#correctStart();
    });
  }

  /** Change to another playlist of the same item, playing on if `play`. */
  open(url: string, place: Place, play: boolean): void {
    if (!this.hls) return;
    this.#details = null;
    this.#place = place;
    this.hls.config.startPosition = secondsOf(place);
    this.hls.loadSource(url);
    if (play) this.play();
  }

  /** The loaded playlist's segments with their moments; empty until it is there. */
  anchors(): Anchor[] {
    return anchorsOf(this.#details);
  }

  /** Whether the loaded playlist still grows; null until it is there. */
  get growing(): boolean | null {
    return this.#details?.live ?? null;
  }

  play(): void {
    this.video.play().catch((error: unknown) => {
      // NotAllowedError: the browser wants a click first. AbortError: the source was changed meanwhile.
      if (!(error instanceof DOMException)) throw error;
    });
  }

  /** The guess of a moment's second was made before the playlist was known. */
  #correctStart(): void {
    const place = this.#place;
    this.#place = null;
    if (place === null || !("wall" in place)) return;
    const exact = mediaAt(place.wall, this.anchors());
    if (exact !== null && Math.abs(exact - place.guess) > TOLERANCE) this.hls?.startLoad(exact);
  }
}

function secondsOf(place: Place): number {
  if (place === null) return -1;
  return "seconds" in place ? place.seconds : place.guess;
}
