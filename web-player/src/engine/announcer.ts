/** Tells neighbours what this side can serve: whole segments, and how far those in flight have come. */
import * as bitmap from "./bitmap.ts";
import { Holdings } from "./holdings.ts";
import { trackName } from "./library.ts";
import type { Listing, TrackKey } from "./library.ts";
import { MOST_TRACKS } from "./messages.ts";
import type { PeerMessage } from "./messages.ts";


interface Offered {
  readonly key: TrackKey;
  readonly handle: number;
  readonly sequences: Holdings;
}

/**
 * Our numbers for tracks, what we offer of each, and which progress was last told and when. Only so many tracks have a
 * number; what comes after them is not announced.
 */
export class Announcer {
  private readonly tracks = new Map<string, Offered>();
  private readonly told = new Map<string, { readonly bits: bigint; readonly when: number }>();

  /** All that a new neighbour must hear. */
  greeting(): PeerMessage[] {
    return [...this.tracks.values()].flatMap((track) => [declaration(track), ...have(track)]);
  }

  /** This side has said that it can serve the segment. */
  offers(listing: Listing): boolean {
    return this.tracks.get(trackName(listing.key))?.sequences.has(listing.sequence) ?? false;
  }

  /** A whole segment can be served from now on. */
  gained(listing: Listing): PeerMessage[] {
    this.told.delete(listing.id);
    if (this.offers(listing) || !this.hasNumber(listing.key)) return [];
    const [track, messages] = this.declare(listing.key);
    track.sequences.add(listing.sequence);
    return [...messages, { type: "Held", handle: track.handle, sequence: listing.sequence, held: true }];
  }

  /** A segment was dropped, or will not come after all. */
  lost(listing: Listing): PeerMessage[] {
    const told = this.told.delete(listing.id);
    const track = this.tracks.get(trackName(listing.key));
    if (track === undefined || (!told && !this.offers(listing))) return [];
    track.sequences.delete(listing.sequence);
    return [{ type: "Held", handle: track.handle, sequence: listing.sequence, held: false }];
  }

  /** A segment in flight has come so far; told at once when it begins, and then every `everyMs` at most. */
  progress(listing: Listing, held: bigint, now: number, everyMs: number): PeerMessage[] {
    if (this.offers(listing) || !this.hasNumber(listing.key)) return [];
    const told = this.told.get(listing.id);
    if (told !== undefined && (told.bits === held || now < told.when + everyMs)) return [];
    this.told.set(listing.id, { bits: held, when: now });
    const [track, messages] = this.declare(listing.key);
    const blocks = bitmap.pack(held);
    return [...messages, { type: "Loading", handle: track.handle, sequence: listing.sequence, blocks }];
  }

  /** When progress not yet told may be told; undefined when all is told. */
  due(segmentId: string, held: bigint, everyMs: number): number | undefined {
    const told = this.told.get(segmentId);
    return told === undefined || told.bits === held ? undefined : told.when + everyMs;
  }

  private hasNumber(key: TrackKey): boolean {
    return this.tracks.has(trackName(key)) || this.tracks.size < MOST_TRACKS;
  }

  private declare(key: TrackKey): [Offered, PeerMessage[]] {
    const known = this.tracks.get(trackName(key));
    if (known !== undefined) return [known, []];
    const track = { key, handle: this.tracks.size, sequences: new Holdings() };
    this.tracks.set(trackName(key), track);
    return [track, [declaration(track)]];
  }
}

function declaration({ key, handle }: Offered): PeerMessage {
  return { type: "Track", handle, item: key.item, track: key.track };
}

function have({ handle, sequences }: Offered): PeerMessage[] {
  const { base, bits } = sequences;
  return bits === 0n ? [] : [{ type: "Have", handle, base, bitmap: bitmap.pack(bits) }];
}
