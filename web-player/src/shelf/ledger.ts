/** What is kept of which lecture, how much may be kept, and what goes first when that is too much. Pure. */

const MOST_BYTES = 2 * 1024 ** 3;
/** Of what the browser grants to the site, so much at most. */
const QUOTA_PART = 5;
/** Where the browser does not say what it grants. */
const UNKNOWN_QUOTA = 1024 ** 3;

/** One kept segment: its track, its id and its size in bytes. */
export interface Place {
  readonly track: string;
  readonly id: string;
  readonly size: number;
}

/** What is kept of one item, the least recently used segment first; `used` is when it was last watched, Unix ms. */
export interface Lecture {
  readonly item: string;
  readonly used: number;
  readonly places: readonly Place[];
}

/** How much may be kept, in bytes, when the browser grants `quota` bytes to the site. */
export function mostKept(quota: number | undefined): number {
  return Math.min(MOST_BYTES, Math.floor((quota ?? UNKNOWN_QUOTA) / QUOTA_PART));
}

/** All lectures, the one watched longest ago first. */
export class Ledger {
  /** Of all segments together. */
  bytes = 0;
  private readonly lectures = new Map<string, Map<string, Place>>();

  /** `watched` is the item that is watched now. */
  constructor(lectures: readonly Lecture[], watched: string) {
    const rank = ({ item, used }: Lecture): number => (item === watched ? Number.POSITIVE_INFINITY : used);
    for (const { item, places } of [...lectures].sort((a, b) => rank(a) - rank(b))) {
      for (const place of places) this.add(item, place);
    }
  }

  /** Lectures of which something is kept. */
  get count(): number {
    return this.lectures.size;
  }

  /** A segment is kept from now on, as the most recently used one of its lecture. */
  add(item: string, place: Place): void {
    this.drop(item, place.id);
    const places = this.lectures.get(item) ?? new Map<string, Place>();
    this.lectures.set(item, places.set(place.id, place));
    this.bytes += place.size;
  }

  /** A segment was used. */
  use(item: string, id: string): void {
    const place = this.lectures.get(item)?.get(id);
    if (place !== undefined) this.add(item, place);
  }

  /** A segment is gone; true when it was the last one of its lecture. */
  drop(item: string, id: string): boolean {
    const places = this.lectures.get(item);
    const place = places?.get(id);
    if (places === undefined || place === undefined) return false;
    places.delete(id);
    this.bytes -= place.size;
    return places.size === 0 && this.lectures.delete(item);
  }

  /** What must go so that at most `most` bytes stay: of the lecture watched longest ago, the least recently used. */
  beyond(most: number): [item: string, place: Place][] {
    const gone: [string, Place][] = [];
    let left = this.bytes;
    for (const [item, places] of this.lectures) {
      for (const place of places.values()) {
        if (left <= most) return gone;
        gone.push([item, place]);
        left -= place.size;
      }
    }
    return gone;
  }
}
