/** hls.js's choice of quality, fed with the capacity of the sources instead of the speed of paced transfers. */
import { AbrController, Events, PlaylistLevelType } from "hls.js";
import type Hls from "hls.js";
import type { FragBufferedData, FragLoadingData, Fragment, LoaderStats } from "hls.js";

const CHECK_MS = 250;
const BITS = 8;
/** A measurement of the sources' speed is trusted after so long, ms. */
const SETTLE_MS = 500;

/** What is left of a load: bytes, and bytes/s that the sources can do (0: not known yet). */
export interface Remainder {
  readonly bytes: number;
  readonly rate: number;
}

/** Which fragments the engine loads, and which loads say nothing about capacity (they came out of the cache). */
export interface LoadRegister {
  loads(frag: Fragment): boolean;
  /** What is left of a fragment that hls.js waits for; undefined when it does not. */
  left(frag: Fragment): Remainder | undefined;
  readonly cached: WeakSet<LoaderStats>;
}

/** Make the controller class for one engine. */
export function abrControllerOf(register: LoadRegister): typeof AbrController {
  return class extends PacedAbrController {
    constructor(hls: Hls) {
      super(hls, register);
    }
  };
}

/** Chooses the quality of loads that are paced by deadlines. */
class PacedAbrController extends AbrController {
  readonly #register: LoadRegister;
  #rescue: ReturnType<typeof setInterval> | undefined;

  constructor(hls: Hls, register: LoadRegister) {
    super(hls);
    this.#register = register;
  }

  /** The rule that abandons slow loads judges by bytes so far; ours wait on purpose, and are judged by what is left. */
  protected override onFragLoading(event: Events.FRAG_LOADING, data: FragLoadingData): void {
    const { frag, part } = data;
    if (part !== undefined || !this.#register.loads(frag)) {
      super.onFragLoading(event, data);
    } else if (frag.type === PlaylistLevelType.MAIN) {
      const began = performance.now();
      clearInterval(this.#rescue);
      this.#rescue = setInterval(() => {
        if (performance.now() - began > SETTLE_MS) this.#check(frag);
      }, CHECK_MS);
    }
  }

  protected override onFragBuffered(event: Events.FRAG_BUFFERED, data: FragBufferedData): void {
    if (!this.#register.cached.has(data.frag.stats)) super.onFragBuffered(event, data);
  }

  override destroy(): void {
    clearInterval(this.#rescue);
    super.destroy();
  }

  /** When the rest will not be here before the buffer is empty, and a lower quality would be, change to that. */
  #check(frag: Fragment): void {
    const { hls } = this;
    const left = this.#register.left(frag);
    if (left === undefined || frag.level <= hls.minAutoLevel) {
      clearInterval(this.#rescue);
      return;
    }
    const { media } = hls;
    if (!hls.autoLevelEnabled || media === null || media.paused || left.rate === 0) return;
    const buffered = (hls.mainForwardBufferInfo?.len ?? 0) / Math.max(media.playbackRate, 0.1);
    const needed = left.bytes / left.rate;
    const level = this.#affordable(frag, left.rate, buffered);
    if (needed > buffered && this.#seconds(frag, level, left.rate) < needed) this.#abandon(frag, level, left.rate);
  }

  /** The best quality below this one that would be here in time; the lowest when none would. */
  #affordable(frag: Fragment, rate: number, buffered: number): number {
    for (let level = frag.level - 1; level > this.hls.minAutoLevel; level -= 1) {
      if (this.#seconds(frag, level, rate) < Math.min(buffered, frag.duration)) return level;
    }
    return this.hls.minAutoLevel;
  }

  #seconds(frag: Fragment, level: number, rate: number): number {
    return (frag.duration * (this.hls.levels[level]?.maxBitrate ?? 0)) / BITS / rate;
  }

  /** As hls.js does for its own loads. */
  #abandon(frag: Fragment, level: number, rate: number): void {
    const { hls } = this;
    clearInterval(this.#rescue);
    this.resetEstimator(rate * BITS);
    hls.nextLoadLevel = level;
    hls.nextAutoLevel = level;
    frag.abortRequests();
    hls.trigger(Events.FRAG_LOAD_EMERGENCY_ABORTED, { frag, part: null, stats: frag.stats });
  }
}
