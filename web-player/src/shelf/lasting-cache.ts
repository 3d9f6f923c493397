/** What the page knows of the lasting cache. */

/** `unavailable`: it is switched on, but this browser keeps nothing here (a private window, for one). */
export type LastingState = "off" | "opening" | "on" | "unavailable";

/** Bytes and lectures that are kept, and bytes that may be; 0 unless the state is `on`. */
export interface LastingFigures {
  readonly state: LastingState;
  readonly bytes: number;
  readonly lectures: number;
  readonly most: number;
}

/** Segments kept on the device over a reload. Off until switched on. */
export interface LastingCache {
  figures(): LastingFigures;
  /** Off removes all that is kept. */
  setEnabled(on: boolean): void;
  /** Remove all that is kept, and go on keeping. */
  clear(): Promise<void>;
  /** `listener` is called when the figures change. Returns how to stop it. */
  onChange(listener: () => void): () => void;
}
