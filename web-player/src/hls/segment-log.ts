/** The newest finished segments and where their bytes came from, and a hook to look at every byte handed on. */

const MOST_ENTRIES = 512;

/** One finished segment. `sources` are bytes by source (`http`, or a peer's name), `ms` from request to hand-over. */
export interface LoggedSegment {
  readonly track: string;
  readonly sequence: number;
  readonly id: string;
  readonly sources: Readonly<Record<string, number>>;
  readonly ms: number;
}

/** Called with the bytes of every segment that is handed to hls.js, before it has them. */
export type Recorder = (id: string, data: Uint8Array) => void;

/** Bounded, oldest first. */
export class SegmentLog {
  recorder: Recorder | undefined;
  private entries: LoggedSegment[] = [];

  /** All entries. */
  get all(): readonly LoggedSegment[] {
    return this.entries;
  }

  /** Add one. */
  add(entry: LoggedSegment): void {
    this.entries = [...this.entries.slice(1 - MOST_ENTRIES), entry];
  }
}
