/** Verified segments in memory, bounded in bytes; the least recently used go first. */
import type { Segment } from "./segment.ts";

/** Complete segments by id. */
export class Cache {
  mostBytes: number;
  bytes = 0;
  private readonly segments = new Map<string, Segment>();

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** Whether a segment is here; does not mark it as used. */
  has(segmentId: string): boolean {
    return this.segments.has(segmentId);
  }

  /** Look a segment up and mark it as used. */
  get(segmentId: string): Segment | undefined {
    const segment = this.segments.get(segmentId);
    if (segment !== undefined) {
      this.segments.delete(segmentId);
      this.segments.set(segmentId, segment);
    }
    return segment;
  }

  /** Keep a complete segment; return the ids of those dropped for it. */
  put(segment: Segment): string[] {
    if (!this.segments.has(segment.id)) {
      this.segments.set(segment.id, segment);
      this.bytes += segment.size;
    }
    const dropped: string[] = [];
    for (const [id, gone] of this.segments) {
      if (this.bytes <= this.mostBytes || this.segments.size <= 1) break;
      this.segments.delete(id);
      this.bytes -= gone.size;
      dropped.push(id);
    }
    return dropped;
  }

  /** Forget one segment. */
  drop(segmentId: string): void {
    const gone = this.segments.get(segmentId);
    if (gone === undefined) return;
    this.segments.delete(segmentId);
    this.bytes -= gone.size;
  }
}
