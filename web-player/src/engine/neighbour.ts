/** One connected peer as this side sees it: what it holds, what it owes us, what we owe it, how fast it is. */
import * as bitmap from "./bitmap.ts";
import { ProtocolError } from "./errors.ts";
import { Holdings } from "./holdings.ts";
import { BLOCK_BYTES } from "./identity.ts";
import { placeName, trackName } from "./library.ts";
import type { TrackKey } from "./library.ts";
import type { Have, Held, Hello, Loading, Track } from "./messages.ts";
import type { Parameters } from "./policy.ts";
import { Rate, RoundTrip } from "./rate.ts";

export const MOST_LOADING = 64;
const LEAST_BLOCKS = 2;
const MOST_PATIENCE_MS = 6000;
const MOST_WAIT_MS = 12_000;
const MOST_MESSAGES = 10_000;
const MOST_BARREN = 32;
const BARREN_EVERY_MS = 100;
const MESSAGES_PER_MS = 2;
const STRIKE_EVERY_MS = 1000;

/** A want of ours: the blocks asked and those still owed as bitmaps, when it was sent, and when they are needed. */
export interface Asked {
  readonly segment: string;
  blocks: bigint;
  owed: bigint;
  readonly sent: number;
  readonly deadline: number;
}

/** A want of a neighbour: blocks still to be sent as a bitmap, its deadline on our clock, and if a proof is due. */
export interface Serving {
  readonly request: number;
  readonly segment: string;
  blocks: bigint;
  readonly deadline: number;
  proof: boolean;
}

/**
 * State of one connection. `credit` is what the neighbour lets us send in total, `granted` what we let it send, `useful`
 * the verified bytes of it in segments that are complete.
 */
export class Neighbour {
  readonly id: string;
  readonly role: number;
  readonly parameters: Parameters;
  readonly opened: number;
  readonly rate: Rate;
  readonly sendRate: Rate;
  readonly roundTrip: RoundTrip;
  readonly asked = new Map<number, Asked>();
  readonly serving = new Map<number, Serving>();
  hello: Hello | undefined;
  nextRequest = 0;
  credit = 0;
  sent = 0;
  granted = 0;
  received = 0;
  useful = 0;
  buffered = 0;
  drained = 0;
  delivered = 0;
  brought = 0;
  told = 0;
  suspected: number | undefined;
  strikes = 0;
  private excused = 0;
  private messages = MOST_MESSAGES;
  private spent = 0;
  private readonly tracks = new Map<number, TrackKey>();
  private readonly have = new Map<string, Holdings>();
  private readonly newestLoading = new Map<string, number>();
  private readonly loading = new Map<string, bigint>();
  private waits = 0;
  private struck = 0;
  private barren = 0;
  private refused = 0;
  private lies = 0;
  private lied = 0;

  constructor(id: string, role: number, parameters: Parameters, opened: number) {
    this.id = id;
    this.role = role;
    this.parameters = parameters;
    this.opened = opened;
    this.rate = new Rate(parameters.initial_rate);
    this.sendRate = new Rate(parameters.initial_rate);
    this.roundTrip = new RoundTrip(parameters.initial_round_trip_ms);
  }

  /** It sent a control message that weighs as much as so many. Throws ProtocolError on a flood: 10,000 at once, then 2,000 a second. */
  spend(now: number, messages = 1): void {
    this.messages = Math.min(this.messages + (now - this.spent) * MESSAGES_PER_MS, MOST_MESSAGES) - messages;
    this.spent = now;
    if (this.messages < 0) throw new ProtocolError("flood", "too many control messages");
  }

  // What it holds

  /** Its number for a track. Throws ProtocolError when a number is given twice to different tracks. */
  learnTrack(message: Track): void {
    const key = { item: message.item, track: message.track };
    const known = this.tracks.get(message.handle) ?? key;
    if (trackName(known) !== trackName(key)) {
      throw new ProtocolError("track", `handle ${message.handle} was ${known.track}`);
    }
    this.tracks.set(message.handle, key);
  }

  /** All that it holds of a track. */
  learnHave(message: Have): void {
    this.have.set(trackName(this.key(message.handle)), new Holdings(message.base, bitmap.unpack(message.bitmap)));
  }

  /** One segment more or less. */
  learnHeld(message: Held): void {
    const key = this.key(message.handle);
    const name = trackName(key);
    this.loading.delete(placeName(key, message.sequence));
    const held = this.have.get(name) ?? new Holdings();
    this.have.set(name, held);
    if (message.held) held.add(message.sequence);
    else held.delete(message.sequence);
  }

  /** How far a segment has come there; the oldest news of a loading segment gives way to the newest. */
  learnLoading(message: Loading): void {
    const key = this.key(message.handle);
    const place = placeName(key, message.sequence);
    const [oldest] = this.loading.keys();
    if (!this.loading.has(place) && this.loading.size >= MOST_LOADING && oldest !== undefined) {
      this.loading.delete(oldest);
    }
    this.loading.set(place, bitmap.unpack(message.blocks));
    const name = trackName(key);
    this.newestLoading.set(name, Math.max(this.newestLoading.get(name) ?? -1, message.sequence));
  }

  /** It said that it can serve the whole segment. */
  holds(key: TrackKey, sequence: number): boolean {
    return this.have.get(trackName(key))?.has(sequence) ?? false;
  }

  /** It uploads no more; should it again, it tells anew what it holds. */
  withdraws(): void {
    this.have.clear();
    this.loading.clear();
    this.newestLoading.clear();
  }

  /** The highest sequence of a track that it holds or has begun to load, -1 when there is none. */
  newest(key: TrackKey): number {
    const name = trackName(key);
    return Math.max(this.have.get(name)?.newest ?? -1, this.newestLoading.get(name) ?? -1);
  }

  /** It holds or has begun to load something of an item within `reach` of a position (-1: anywhere). */
  near(item: string, position: number, reach: number): boolean {
    return [...this.tracks.values()].some((key) => key.item === item && this.isNear(key, position, reach));
  }

  private isNear(key: TrackKey, position: number, reach: number): boolean {
    const newest = this.newest(key);
    if (position < 0 || Math.abs(newest - position) <= reach) return newest >= 0;
    for (let ahead = 0; ahead <= reach; ahead += 1) if (this.holds(key, position + ahead)) return true;
    return false;
  }

  /** Bitmap of the blocks of a segment that it has, or fetches over HTTP and will have soon. */
  offered(key: TrackKey, sequence: number, blocks: number): bigint {
    if (this.holds(key, sequence)) return bitmap.full(blocks);
    return (this.loading.get(placeName(key, sequence)) ?? 0n) & bitmap.full(blocks);
  }

  /** It refused: what it told of the segment is void. */
  unlearn(key: TrackKey, sequence: number): void {
    this.have.get(trackName(key))?.delete(sequence);
    this.loading.delete(placeName(key, sequence));
  }

  private key(handle: number): TrackKey {
    const key = this.tracks.get(handle);
    if (key === undefined) throw new ProtocolError("track", `handle ${handle} was never declared`);
    return key;
  }

  // What it owes

  /**
   * For how many ms it has owed us bytes without bringing any. A suspect counts as silent for 2 s, or until it speaks;
   * then one block is asked of it again, as a trial.
   */
  silent(now: number): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const asked of this.asked.values()) if (asked.owed !== 0n) oldest = Math.min(oldest, asked.sent);
    const waited = oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(now - Math.max(this.delivered, this.waits, oldest), 0);
    const suspect = this.suspected !== undefined && now - this.suspected < this.parameters.suspect_ms;
    return suspect ? Math.max(waited, this.patience()) : waited;
  }

  /** For how many ms it may be silent: longer when it is known to take its time for a block. */
  patience(): number {
    const blockMs = Math.floor((BLOCK_BYTES * 1000) / Math.max(this.rate.value, 1));
    return this.parameters.silence_ms + Math.min(2 * blockMs, MOST_PATIENCE_MS);
  }

  /** Its uplink is full. That excuses silence, but not for ever. */
  toldToWait(request: number, now: number): void {
    const asked = this.asked.get(request);
    if (asked !== undefined && now - Math.max(this.brought, asked.sent) < MOST_WAIT_MS) this.waits = now;
  }

  /** Something asked of it is not here yet. */
  get owes(): boolean {
    return [...this.asked.values()].some((asked) => asked.owed !== 0n);
  }

  /** A want was taken back: its blocks may still come, and are nobody's fault. */
  excuse(request: number): void {
    this.excused += bitmap.count(this.asked.get(request)?.blocks ?? 0n) * BLOCK_BYTES;
    this.asked.delete(request);
  }

  /** Wants of which nothing is owed any more are remembered for a while: late blocks are still useful. */
  forgetTakenBack(now: number): void {
    for (const [request, asked] of this.asked) {
      if (asked.owed === 0n && now - asked.sent > this.parameters.late_want_ms) this.excuse(request);
    }
  }

  /** It sent bytes that are not awaited. Throws ProtocolError when they are more than was ever taken back. */
  unasked(size: number): void {
    this.excused -= size;
    if (this.excused < -this.parameters.credit_bytes) throw new ProtocolError("unasked", "it sends what nobody asked for");
  }

  /** Bytes asked and not yet here, counting `blockBytes` a block; with a deadline only what is needed by then. */
  queue(blockBytes: number, deadline = Number.POSITIVE_INFINITY): number {
    let blocks = 0;
    for (const asked of this.asked.values()) if (asked.deadline <= deadline) blocks += bitmap.count(asked.owed);
    return blocks * blockBytes;
  }

  /** Bytes that may be asked of it at once, the whole pipeline of one round trip and a little. */
  window(): number {
    if (this.suspected !== undefined) return BLOCK_BYTES;
    const { pipeline_ms, least_window_bytes, credit_bytes } = this.parameters;
    const pipeline = Math.floor((this.rate.value * (this.roundTrip.value + pipeline_ms)) / 1000);
    const least = this.rate.measured ? LEAST_BLOCKS * BLOCK_BYTES : least_window_bytes;
    return Math.min(Math.max(pipeline, least), credit_bytes);
  }

  /**
   * It let us down once more (counted once a second); true when it is time to part. Whoever brought a block within the
   * last half minute, or said that it could not in time, is only busy; to one that never did either a strike less is
   * allowed.
   */
  strike(now: number): boolean {
    const { strike_forgiven_ms: forgiven } = this.parameters;
    const busy = this.brought > 0 && now - this.brought < forgiven;
    if (busy || now - this.struck > forgiven) this.strikes = 0;
    if (this.strikes === 0 || now - this.struck >= STRIKE_EVERY_MS) {
      this.strikes += 1;
      this.struck = now;
    }
    return this.strikes >= this.parameters.strikes - (this.brought === 0 ? 1 : 0);
  }

  /**
   * It refused a want and sent nothing of it; true when it is time to part.
   *
   * Honest peers take an offer back before they refuse it as not held, so one that still stands was a lie (counted once
   * a second), and makes a suspect. Any peer may be busy, but not every time.
   */
  disappoint(lied: boolean, now: number): boolean {
    if (this.delivered > this.refused) this.barren = 0;
    if (now - this.refused >= BARREN_EVERY_MS) {
      this.barren += 1;
      this.refused = now;
    }
    return lied ? this.lie(now) : this.barren >= MOST_BARREN;
  }

  private lie(now: number): boolean {
    if (now - this.lied > this.parameters.strike_forgiven_ms) this.lies = 0;
    if (this.lies === 0 || now - this.lied >= STRIKE_EVERY_MS) {
      this.lies += 1;
      this.lied = now;
    }
    this.suspected = now;
    return this.lies >= this.parameters.strikes;
  }

  /** Bytes that may still go into its send buffer: 250 ms of its measured rate, at most 1 MiB. */
  room(): number {
    const { send_buffer_bytes, send_buffer_ms } = this.parameters;
    const mark = Math.min(send_buffer_bytes, Math.floor((this.sendRate.value * send_buffer_ms) / 1000));
    return Math.max(mark, BLOCK_BYTES) - this.buffered;
  }
}
