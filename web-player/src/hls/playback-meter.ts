/** How playback goes: start-up time, time played and time stalled, from the events of the media element. In ms. */

const STALL_EVENTS = ["waiting", "stalled"] as const;
const MOVE_EVENTS = ["playing", "pause", "ended", "seeked", "seeking", "emptied"] as const;
type State = "idle" | "playing" | "stalled";

/** Watches one media element. Stalling counts from the first picture on, and not while seeking. */
export class PlaybackMeter {
  playedMs = 0;
  stalledMs = 0;
  /** From the making of the meter to the first picture; 0 before that. */
  startupMs = 0;
  private readonly made = performance.now();
  private readonly started: () => void;
  private readonly controller = new AbortController();
  private state: State = "idle";
  private since = this.made;

  constructor(video: HTMLVideoElement, started: () => void) {
    this.started = started;
    const options = { signal: this.controller.signal };
    for (const name of MOVE_EVENTS) video.addEventListener(name, () => { this.moved(video); }, options);
    for (const name of STALL_EVENTS) video.addEventListener(name, () => { this.starved(video); }, options);
  }

  /** Bring the sums up to now. */
  settle(): void {
    const now = performance.now();
    if (this.state === "playing") this.playedMs += now - this.since;
    if (this.state === "stalled") this.stalledMs += now - this.since;
    this.since = now;
  }

  /** Stop watching. */
  close(): void {
    this.controller.abort();
  }

  private moved(video: HTMLVideoElement): void {
    const moving = !video.paused && !video.ended && !video.seeking && video.readyState > HTMLMediaElement.HAVE_CURRENT_DATA;
    this.enter(moving ? "playing" : "idle");
    if (!moving || this.startupMs > 0) return;
    this.startupMs = Math.max(Math.round(performance.now() - this.made), 1);
    this.started();
  }

  private starved(video: HTMLVideoElement): void {
    if (this.startupMs === 0 || video.paused || video.ended || video.seeking) return;
    if (video.readyState <= HTMLMediaElement.HAVE_CURRENT_DATA) this.enter("stalled");
  }

  private enter(state: State): void {
    this.settle();
    this.state = state;
  }
}
