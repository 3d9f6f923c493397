/** What is known of the course's segments: signed playlists say which (item, track, sequence) has which id and size. */
import { blockCount } from "./identity.ts";

export const MOST_LISTED = 50_000;

/** A track of an item. */
export interface TrackKey {
  readonly item: string;
  readonly track: string;
}

/** One segment as a verified playlist lists it: its place, id and size in bytes, and whether it is live. */
export interface Listing {
  readonly key: TrackKey;
  readonly sequence: number;
  readonly id: string;
  readonly size: number;
  readonly live: boolean;
}

/** A track as the key of a map. */
export function trackName(key: TrackKey): string {
  return `${key.item}\n${key.track}`;
}

/** A place as the key of a map. */
export function placeName(key: TrackKey, sequence: number): string {
  return `${key.item}\n${key.track}\n${sequence}`;
}

/** Listings by place and by id. Memory is bounded: the oldest listings are forgotten. */
export class Library {
  private readonly byPlace = new Map<string, Listing>();
  private readonly byId = new Map<string, Listing>();

  /** Note a listing; false when it was known. Throws IdentityError when the size is impossible. */
  add(listing: Listing): boolean {
    blockCount(listing.size);
    const place = placeName(listing.key, listing.sequence);
    const known = this.byPlace.get(place);
    if (known?.id === listing.id && known.size === listing.size && known.live === listing.live) return false;
    this.byPlace.set(place, listing);
    this.byId.set(listing.id, listing);
    this.trim();
    return true;
  }

  /** The segment at a place. */
  at(key: TrackKey, sequence: number): Listing | undefined {
    return this.byPlace.get(placeName(key, sequence));
  }

  /** The newest place of a segment. */
  of(segmentId: string): Listing | undefined {
    return this.byId.get(segmentId);
  }

  private trim(): void {
    for (const [place, gone] of this.byPlace) {
      if (this.byPlace.size <= MOST_LISTED) return;
      this.byPlace.delete(place);
      if (this.byId.get(gone.id) === gone) this.byId.delete(gone.id);
    }
  }
}
