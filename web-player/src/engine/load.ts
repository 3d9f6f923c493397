/** One wanted segment: where each block stands, and how the policy sees it. */
import { sha256 } from "@noble/hashes/sha2.js";
import * as bitmap from "./bitmap.ts";
import { BLOCK_BYTES, idBytes } from "./identity.ts";
import type { Listing } from "./library.ts";
import type { Neighbour } from "./neighbour.ts";
import { peerBytes } from "./peer-name.ts";
import { ASKED, HELD, HTTP, MISSING, feeds, httpLatest, lectureBackup, liveBackup } from "./policy.ts";
import type { Parameters, View } from "./policy.ts";
import type { Segment } from "./segment.ts";

const IN_STEP_SEGMENTS = 2;
const STRANDED_MS = 10_000;
const STRAINED_MARGINS = 2;
const MOST_RANKED = 65_536;
/** Hashes have 31 bits, ranks are counted in sixteenths. */
const SIXTEENTHS_OF_ALL = 2 ** 27;

/** Blocks on their way over HTTP, and the bytes of the block that is not whole yet. */
export interface HttpRange {
  readonly first: number;
  readonly count: number;
  done: number;
  tail: Uint8Array;
}

/** What is known of the HTTP path: bytes/s, round trip in ms, bytes asked and not yet here. */
export interface HttpState {
  readonly rate: number;
  readonly roundTrip: number;
  readonly queued: number;
}

/**
 * This peer's part in an item: who has a stripe of each new live segment fetches it over HTTP at once (-1: none).
 * `members` is how many watch the item.
 */
export interface Duty {
  readonly stripe: number;
  readonly stripes: number;
  readonly members: number;
}

export const NO_DUTY: Duty = { stripe: -1, stripes: 1, members: 1 };

/** What the policy must know beside the load itself. */
export interface Surroundings {
  readonly neighbours: readonly Neighbour[];
  readonly me: string;
  readonly duty: Duty;
  readonly http: HttpState;
  readonly parameters: Parameters;
  /** Our uplink is full: HTTP's requests and acknowledgements wait in line, and HTTP must begin earlier. */
  readonly strained: boolean;
}

/** A wanted segment. `deadline` is when the player needs it, `known` when it was first wanted. */
export class Load {
  readonly listing: Listing;
  readonly segment: Segment;
  readonly known: number;
  deadline: number;
  urgent: boolean;
  /** Nobody needs it yet: it is never taken over HTTP. */
  spare = false;
  /** Since when some block has been offered by nobody. */
  alone: number | undefined;
  /** The peers that cannot bring it in time. */
  readonly declined = new Set<string>();
  readonly askedAt: number[];
  owner: (string | undefined)[];
  readonly ranges = new Map<number, HttpRange>();
  tries = 0;
  retryAt = 0;
  /** Who was asked for the proof, a peer or HTTP_SOURCE, and when. */
  proofAsked: string | undefined;
  proofAskedAt = 0;
  /** The proof cannot be had: then all of it comes over HTTP, and proves itself. */
  unproven = false;
  wake = 0;
  private readonly spreads = new Map<string, number>();

  constructor(listing: Listing, segment: Segment, known: number, deadline: number, urgent: boolean) {
    this.listing = listing;
    this.segment = segment;
    this.known = known;
    this.deadline = deadline;
    this.urgent = urgent;
    this.owner = new Array<string | undefined>(segment.blocks).fill(undefined);
    this.askedAt = new Array<number>(segment.blocks).fill(0);
  }

  /** Bitmap of the blocks on their way over HTTP. */
  coming(): bigint {
    let fetching = 0n;
    for (const run of this.ranges.values()) fetching |= bitmap.full(run.count - run.done, run.first + run.done);
    return fetching;
  }

  /** The policy's state of each block. */
  states(): number[] {
    const { present } = this.segment;
    const fetching = this.coming();
    return this.owner.map((owner, block) => {
      if (bitmap.has(present, block)) return HELD;
      if (bitmap.has(fetching, block)) return HTTP;
      return owner === undefined ? MISSING : ASKED;
    });
  }

  /** Bytes not here yet. */
  missingBytes(): number {
    return this.segment.size - bitmap.count(this.segment.present) * BLOCK_BYTES;
  }

  /** Rendezvous hash of a peer for this segment (Thaler and Ravishankar 1998), 31 bits. */
  spread(peer: string): number {
    const known = this.spreads.get(peer);
    if (known !== undefined) return known;
    const digest = sha256.create().update(peerBytes(peer)).update(idBytes(this.segment.id)).digest();
    const value = new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 1;
    this.spreads.set(peer, value);
    return value;
  }

  /**
   * Cut the bytes of an HTTP answer to a range that is under way into whole blocks.
   */
  takeHttp(run: HttpRange, data: Uint8Array): [index: number, block: Uint8Array][] {
    let buffer = joined(run.tail, data);
    const blocks: [number, Uint8Array][] = [];
    while (run.done < run.count) {
      const index = run.first + run.done;
      const size = this.segment.blockBytes(index);
      if (buffer.length < size) break;
      blocks.push([index, buffer.subarray(0, size)]);
      buffer = buffer.subarray(size);
      run.done += 1;
    }
    run.tail = buffer;
    return blocks;
  }
}

/** The neighbours that offer a block of the segment, or owe us one. */
export function sourcesOf(load: Load, neighbours: readonly Neighbour[]): Neighbour[] {
  const owners = new Set(load.owner);
  const offering = neighbours.filter((one) => offerOf(load, one) !== 0n);
  return [...offering, ...neighbours.filter((one) => owners.has(one.id) && !offering.includes(one))];
}

/** The segment as the policy sees it. While HTTP is waited for after a failure, peers may come late. */
export function viewOf(load: Load, sources: readonly Neighbour[], around: Surroundings, now: number): View {
  const { blocks } = load.segment;
  const { http, parameters } = around;
  const index = new Map(sources.map((source, place) => [source.id, place]));
  const waiting = load.retryAt > now;
  const deadline = waiting ? Math.max(load.deadline, now + STRANDED_MS) : load.deadline;
  const missing = load.missingBytes();
  const margin = parameters.margin_ms * (around.strained ? STRAINED_MARGINS : 1);
  const latest = httpLatest(deadline, margin, missing, http.rate, http.roundTrip, http.queued);
  const state = load.states();
  const offers = sources.map((source) => offerOf(load, source));
  const awake = offers.filter((_, place) => isAwake(sources[place], now));
  noteAlone(load, state, awake, now);
  return {
    now,
    deadline,
    backup: Math.max(backupOf(load, around, latest), load.retryAt),
    latest: Math.max(latest, load.retryAt),
    urgent: load.urgent && !waiting ? 1 : 0,
    spare: load.spare ? 1 : 0,
    blockBytes: BLOCK_BYTES,
    offset: load.spread(around.me) % blocks,
    marginMs: margin,
    state,
    owner: load.owner.map((owner) => (owner === undefined ? -1 : (index.get(owner) ?? -1))),
    asked: load.askedAt,
    mine: waiting ? new Array<number>(blocks).fill(0) : mineOf(load, around),
    rate: sources.map((source) => source.rate.value),
    roundTrip: sources.map((source) => source.roundTrip.value),
    queue: sources.map((source) => source.queue(BLOCK_BYTES)),
    ahead: sources.map((source) => source.queue(BLOCK_BYTES, load.deadline)),
    window: sources.map((source) => source.window()),
    silent: sources.map((source) => source.silent(now)),
    patience: sources.map((source) => source.patience()),
    offers: offers.flatMap((bits) => flags(bits, blocks)),
  };
}

function offerOf(load: Load, source: Neighbour): bigint {
  if (load.declined.has(source.id)) return 0n;
  return source.offered(load.listing.key, load.listing.sequence, load.segment.blocks);
}

function isAwake(source: Neighbour | undefined, now: number): boolean {
  return source !== undefined && source.silent(now) < source.patience();
}

/** Since when there has been a missing block that nobody who is awake offers. */
function noteAlone(load: Load, state: readonly number[], offers: readonly bigint[], now: number): void {
  const offered = offers.reduce((all, bits) => all | bits, 0n);
  const lonely = state.some((one, block) => one === MISSING && !bitmap.has(offered, block));
  load.alone = lonely ? (load.alone ?? now) : undefined;
}

/** Which blocks this peer fetches at once: those of its stripe, or all when it is alone. */
function mineOf(load: Load, { neighbours, duty }: Surroundings): number[] {
  const { blocks } = load.segment;
  const { live, sequence } = load.listing;
  const none = new Array<number>(blocks).fill(0);
  if (!live) return none;
  if (neighbours.length === 0) return none.fill(1);
  return none.map((_, block) => (feeds(block, blocks, sequence, duty.stripe, duty.stripes) ? 1 : 0));
}

/** When HTTP may step in for blocks that nobody offers. */
function backupOf(load: Load, { neighbours, me, duty, parameters }: Surroundings, latest: number): number {
  const { key, sequence, live } = load.listing;
  const mine = load.spread(me);
  if (live) {
    const members = Math.min(Math.max(duty.members, neighbours.length + 1), MOST_RANKED);
    const rank = Math.floor((mine * members) / SIXTEENTHS_OF_ALL);
    return liveBackup(load.known, latest, load.alone ?? load.known, rank, parameters.backup_step_ms);
  }
  const near = neighbours.filter((neighbour) => {
    const newest = neighbour.newest(key);
    return newest >= Math.max(sequence - IN_STEP_SEGMENTS, 0) && newest <= sequence;
  });
  const rank = near.filter((neighbour) => load.spread(neighbour.id) < mine).length;
  return lectureBackup(load.known, latest, rank, parameters.lecture_wait_ms);
}

function flags(bits: bigint, length: number): number[] {
  return Array.from({ length }, (_, index) => (bitmap.has(bits, index) ? 1 : 0));
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array {
  if (head.length === 0) return rest;
  const whole = new Uint8Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  return whole;
}
