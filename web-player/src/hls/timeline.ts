/** Where a segment lies on the media element's clock: all tracks of an item are cut at the same times. */

/** A segment whose place is known. `start` and `duration` in s of the media element. */
interface Anchor {
  readonly sequence: number;
  readonly start: number;
  readonly duration: number;
}

/** Places segments by the newest one that hls.js asked for. */
export class Timeline {
  private anchor: Anchor | undefined;

  /** hls.js says where a segment begins. */
  learn(sequence: number, start: number, duration: number): void {
    if (duration > 0) this.anchor = { sequence, start, duration };
  }

  /** The source changed: nothing is known any more. */
  forget(): void {
    this.anchor = undefined;
  }

  /** Second at which a segment begins; undefined before any is known. */
  startOf(sequence: number): number | undefined {
    const { anchor } = this;
    return anchor === undefined ? undefined : anchor.start + (sequence - anchor.sequence) * anchor.duration;
  }

  /** Media sequence number at a second; -1 before any segment is known. */
  sequenceAt(seconds: number): number {
    const { anchor } = this;
    if (anchor === undefined) return -1;
    return Math.max(anchor.sequence + Math.floor((seconds - anchor.start) / anchor.duration), 0);
  }
}
