/** Tells neighbours what this side can serve: whole segments, and how far those in flight have come. */
import * as bitmap from "./bitmap.ts";
import { trackName } from "./library.ts";
import type { Listing, TrackKey } from "./library.ts";
import type { PeerMessage } from "./messages.ts";

const MOST_BITS = 4096 * 8;

interface Offered {
  readonly key: TrackKey;
  readonly handle: number;
  readonly sequences: Set<number>;
}

/** Our numbers for tracks, what we offer of each, and which progress was last told and when. */
export class Announcer {
  private readonly announceMs: number;
  private readonly tracks = new Map<string, Offered>();
  private readonly told = new Map<string, { readonly bits: bigint; readonly when: number }>();

  constructor(announceMs: number) {
    this.announceMs = announceMs;
  }

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
    if (this.offers(listing)) return [];
    const [track, messages] = this.declare(listing.key);
    track.sequences.add(listing.sequence);
    return [...messages, { type: "Held", handle: track.handle, sequence: listing.sequence, held: true }];
  }

  /** A segment was dropped. */
  lost(listing: Listing): PeerMessage[] {
    this.told.delete(listing.id);
    const track = this.tracks.get(trackName(listing.key));
    if (track?.sequences.delete(listing.sequence) !== true) return [];
    return [{ type: "Held", handle: track.handle, sequence: listing.sequence, held: false }];
  }

  /** A segment in flight has come so far; told at once when it begins, and then every 50 ms at most. */
  progress(listing: Listing, held: bigint, now: number): PeerMessage[] {
    if (this.offers(listing)) return [];
    const told = this.told.get(listing.id);
    if (told !== undefined && (told.bits === held || now < told.when + this.announceMs)) return [];
    this.told.set(listing.id, { bits: held, when: now });
    const [track, messages] = this.declare(listing.key);
    const blocks = bitmap.pack(held);
    return [...messages, { type: "Loading", handle: track.handle, sequence: listing.sequence, blocks }];
  }

  /** When progress not yet told may be told; undefined when all is told. */
  due(segmentId: string, held: bigint, now: number): number | undefined {
    const told = this.told.get(segmentId);
    if (told?.bits === held) return undefined;
    return (told?.when ?? now) + this.announceMs;
  }

  private declare(key: TrackKey): [Offered, PeerMessage[]] {
    const known = this.tracks.get(trackName(key));
    if (known !== undefined) return [known, []];
    const track = { key, handle: this.tracks.size, sequences: new Set<number>() };
    this.tracks.set(trackName(key), track);
    return [track, [declaration(track)]];
  }
}

function declaration({ key, handle }: Offered): PeerMessage {
  return { type: "Track", handle, item: key.item, track: key.track };
}

function have({ handle, sequences }: Offered): PeerMessage[] {
  if (sequences.size === 0) return [];
  const offered = [...sequences].sort((a, b) => a - b);
  const newest = offered.at(-1) ?? 0;
  const base = Math.max(offered[0] ?? 0, newest - MOST_BITS + 1);
  const bits = bitmap.of(offered.filter((sequence) => sequence >= base).map((sequence) => sequence - base));
  return [{ type: "Have", handle, base, bitmap: bitmap.pack(bits) }];
}
