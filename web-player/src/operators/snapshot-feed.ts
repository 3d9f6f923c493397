/** Server-Sent Events of the origin, once a second. Connects again by itself, slower each time. */
import type { Snapshot } from "./snapshot.ts";

/** A feed that has been silent for this long is dead although its connection seems open, ms. */
const SILENCE = 8000;
const LONGEST_WAIT = 15_000;

export interface FeedListener {
  onSnapshot(snapshot: Snapshot): void;
  /** False from the first sign of a lost connection until the next snapshot. */
  onConnected(connected: boolean): void;
}

export class SnapshotFeed {
  readonly #listener: FeedListener;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #losses = 0;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    this.#connect();
  }

  close(): void {
    this.#source?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #connect(): void {
    const source = new EventSource("/api/swarm/events");
    this.#source = source;
    source.addEventListener("snapshot", (event: MessageEvent<string>) => {
      this.#losses = 0;
      this.#after(SILENCE, () => {
        this.#lost();
      });
      this.#listener.onConnected(true);
      this.#listener.onSnapshot(JSON.parse(event.data) as Snapshot);
    });
    source.addEventListener("error", () => {
      this.#lost();
    });
  }

  #lost(): void {
    this.#source?.close();
    this.#listener.onConnected(false);
    this.#losses += 1;
    this.#after(Math.min(LONGEST_WAIT, 1000 * 2 ** (this.#losses - 1)), () => {
      this.#connect();
    });
  }

  #after(ms: number, run: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }
}
