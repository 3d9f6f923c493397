/** hls.js's choice of quality, fed with the capacity of the sources instead of the speed of paced transfers. */
import type Hls from "hls.js";
import type {
  AbrController,
  Events,
  FragBufferedData,
  FragLoadingData,
  Fragment,
  LoaderStats,
} from "hls.js";

const CHECK_MS = 250;
const BITS = 8;
/** A measurement of the sources' speed is trusted after so long, ms. */
const SETTLE_MS = 500;
const MAIN = "main";

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

/** Make the controller class for one engine, out of the one that comes with this hls.js. */
export function abrControllerOf(Player: typeof Hls, register: LoadRegister): typeof AbrController {
  return class extends Player.DefaultConfig.abrController {
    readonly #rescue: Rescue;

    constructor(hls: Hls) {
      super(hls);
      const moved = Player.Events.FRAG_LOAD_EMERGENCY_ABORTED;
      this.#rescue = new Rescue(hls, register, moved, (rate) => { this.resetEstimator(rate * BITS); });
    }

    /** The rule that abandons slow loads judges by bytes so far; ours wait on purpose, and are judged by what is left. */
    protected override onFragLoading(event: Events.FRAG_LOADING, data: FragLoadingData): void {
      const { frag, part } = data;
      if (part !== undefined || !register.loads(frag)) super.onFragLoading(event, data);
      else if ((frag.type as string) === MAIN) this.#rescue.watch(frag);
    }

    protected override onFragBuffered(event: Events.FRAG_BUFFERED, data: FragBufferedData): void {
      if (!register.cached.has(data.frag.stats)) super.onFragBuffered(event, data);
    }

    override destroy(): void {
      this.#rescue.stop();
      super.destroy();
    }
  };
}

/** Leaves loads of the engine that will not end in time. */
class Rescue {
  private readonly hls: Hls;
  private readonly register: LoadRegister;
  private readonly moved: Events.FRAG_LOAD_EMERGENCY_ABORTED;
  private readonly measured: (rate: number) => void;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `moved` is the event of a load that was left; `measured` hears what the sources can do, bytes/s. */
  constructor(
    hls: Hls,
    register: LoadRegister,
    moved: Events.FRAG_LOAD_EMERGENCY_ABORTED,
    measured: (rate: number) => void,
  ) {
    this.hls = hls;
    this.register = register;
    this.moved = moved;
    this.measured = measured;
  }

  /** Watch over a load that begins; only the newest is watched. */
  watch(frag: Fragment): void {
    const began = performance.now();
    this.stop();
    this.timer = setInterval(() => {
      if (performance.now() - began > SETTLE_MS) this.check(frag);
    }, CHECK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** When the rest will not be here before the buffer is empty, and a lower quality would be, change to that. */
  private check(frag: Fragment): void {
    const { hls } = this;
    const left = this.register.left(frag);
    if (left === undefined || frag.level <= hls.minAutoLevel) {
      this.stop();
      return;
    }
    const { media } = hls;
    if (!hls.autoLevelEnabled || media === null || media.paused || left.rate === 0) return;
    const buffered = (hls.mainForwardBufferInfo?.len ?? 0) / Math.max(media.playbackRate, 0.1);
    const needed = left.bytes / left.rate;
    const level = this.affordable(frag, left.rate, buffered);
    if (needed > buffered && this.seconds(frag, level, left.rate) < needed) this.abandon(frag, level, left.rate);
  }

  /** The best quality below this one that would be here in time; the lowest when none would. */
  private affordable(frag: Fragment, rate: number, buffered: number): number {
    for (let level = frag.level - 1; level > this.hls.minAutoLevel; level -= 1) {
      if (this.seconds(frag, level, rate) < Math.min(buffered, frag.duration)) return level;
    }
    return this.hls.minAutoLevel;
  }

  private seconds(frag: Fragment, level: number, rate: number): number {
    return (frag.duration * (this.hls.levels[level]?.maxBitrate ?? 0)) / BITS / rate;
  }

  /** As hls.js does for its own loads. */
  private abandon(frag: Fragment, level: number, rate: number): void {
    const { hls } = this;
    this.stop();
    this.measured(rate);
    hls.nextLoadLevel = level;
    hls.nextAutoLevel = level;
    frag.abortRequests();
    hls.trigger(this.moved, { frag, part: null, stats: frag.stats });
  }
}
