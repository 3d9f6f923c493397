/** Which block to send to whom next: earliest deadline first, fair among neighbours, within credit, buffer and cap. */
import * as bitmap from "./bitmap.ts";
import { MAX_BLOCKS_PER_MESSAGE, encodeBlocks } from "./blocks.ts";
import { ProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { BLOCK_BYTES, idBytes, idText } from "./identity.ts";
import type { Want } from "./messages.ts";
import type { Neighbour, Serving } from "./neighbour.ts";
import { NEVER } from "./policy.ts";
import { LATE } from "./refusals.ts";
import type { Segment } from "./segment.ts";
import { STUCK_MS, Uplink } from "./uplink.ts";

export const MOST_SERVING = 256;
const WAITING_MS = 1200;
const QUARTER = 4;
type Find = (segmentId: string) => Segment | undefined;

/** Blocks to be sent now. */
interface Shipment {
  readonly neighbour: Neighbour;
  readonly serving: Serving;
  readonly segment: Segment;
  readonly first: number;
  readonly count: number;
}

/** Token bucket of bytes; a rate of 0 means no cap. */
export class UploadCap {
  readonly rate: number;
  private tokens: number;
  private filled: number | undefined;

  constructor(bytesPerSecond: number) {
    this.rate = bytesPerSecond;
    this.tokens = bytesPerSecond;
  }

  /** Some bytes may go out now. */
  allows(now: number): boolean {
    if (this.rate === 0) return true;
    const since = this.filled ?? now;
    this.tokens = Math.min(this.tokens + Math.floor((this.rate * (now - since)) / 1000), this.rate);
    this.filled = now;
    return this.tokens > 0;
  }

  /** When bytes may go out again, in ms, after `allows` said no. */
  ready(now: number): number {
    return now + Math.floor((-this.tokens * 1000) / this.rate) + 1;
  }

  /** Bytes went out. */
  spend(size: number): void {
    if (this.rate > 0) this.tokens -= size;
  }
}

/** Sends proofs and blocks to the neighbours of one exchange as credit, buffers and the cap allow. */
export class Uploads {
  private readonly exchange: Exchange;
  private cap: UploadCap;
  private readonly uplink: Uplink;

  constructor(exchange: Exchange, bytesPerSecond: number) {
    this.exchange = exchange;
    this.cap = new UploadCap(bytesPerSecond);
    this.uplink = new Uplink(exchange.parameters);
  }

  /** Bytes left the send buffer of a neighbour. */
  drained(size: number, now: number): void {
    this.uplink.drained(size, [...this.exchange.neighbours.values()], now);
  }

  /** Somebody waits for the uplink: what is told beside blocks delays them. */
  get strained(): boolean {
    return this.uplink.full;
  }

  /** For how much of the time since the last call, in permille, somebody waited for the uplink. */
  strain(now: number): number {
    return this.uplink.strain(now);
  }

  /** Change the cap in bytes/s (0: none). */
  setCap(bytesPerSecond: number): void {
    if (bytesPerSecond !== this.cap.rate) this.cap = new UploadCap(bytesPerSecond);
  }

  /** Queue all that may go out now; returns when the cap lets more out, if that is what stopped it. */
  send(now: number): number {
    for (const neighbour of this.exchange.neighbours.values()) {
      for (const serving of [...neighbour.serving.values()]) this.expireOrProve(neighbour, serving, now);
    }
    const neighbours = [...this.exchange.neighbours.values()];
    const wake = this.sendAll(neighbours, now);
    this.uplink.note(wake !== NEVER && neighbours.some((one) => one.serving.size > 0), now);
    return Math.min(wake, this.askForPatience(neighbours, now));
  }

  /** Tell those to whom nothing went out for a while that they wait for the uplink, not for a sleeper. */
  private askForPatience(neighbours: readonly Neighbour[], now: number): number {
    let wake = NEVER;
    if (!this.uplink.full) return wake;
    for (const neighbour of neighbours) {
      const [request] = neighbour.serving.keys();
      if (request === undefined) continue;
      if (now - neighbour.told >= WAITING_MS) {
        neighbour.told = now;
        this.exchange.say(neighbour, { type: "Waiting", request });
      }
      wake = Math.min(wake, neighbour.told + WAITING_MS);
    }
    return wake;
  }

  private sendAll(neighbours: readonly Neighbour[], now: number): number {
    const find: Find = (id) => this.exchange.find(id);
    while (this.cap.allows(now)) {
      if (!this.uplink.hasRoom(neighbours, now)) return now + STUCK_MS;
      const shipment = nextShipment(neighbours, find);
      if (shipment === undefined) return NEVER;
      this.shipInTime(shipment, neighbours, now);
    }
    return this.cap.ready(now);
  }

  /** Send blocks, unless they would come too late: their receiver is about to fetch them over HTTP. */
  private shipInTime(shipment: Shipment, neighbours: readonly Neighbour[], now: number): void {
    const { neighbour, serving, segment, first } = shipment;
    if (this.uplink.arrival(segment.blockBytes(first), neighbours, now) <= serving.deadline) {
      this.ship(shipment, now);
      return;
    }
    neighbour.serving.delete(serving.request);
    this.exchange.say(neighbour, { type: "Refuse", request: serving.request, reason: LATE });
  }

  private expireOrProve(neighbour: Neighbour, serving: Serving, now: number): void {
    if (serving.deadline < now) {
      neighbour.serving.delete(serving.request);
      this.exchange.say(neighbour, { type: "Refuse", request: serving.request, reason: LATE });
      return;
    }
    const segment = serving.proof ? this.exchange.find(serving.segment) : undefined;
    if (segment?.proof === undefined) return;
    serving.proof = false;
    const message = { type: "SegmentProof", segment: idBytes(segment.id), proof: segment.proof.bytes } as const;
    this.exchange.say(neighbour, message);
    if (serving.blocks === 0n) neighbour.serving.delete(serving.request);
  }

  private ship({ neighbour, serving, segment, first, count }: Shipment, now: number): void {
    const data = segment.run(first, count);
    serving.blocks &= ~bitmap.full(count, first);
    if (serving.blocks === 0n) neighbour.serving.delete(serving.request);
    neighbour.sendRate.busy(now);
    neighbour.sent += data.length;
    neighbour.buffered += data.length;
    neighbour.told = now;
    this.uplink.rate.busy(now);
    if (neighbour.buffered === data.length) neighbour.drained = now;
    for (let block = first; block < first + count; block += 1) segment.sent.set(block, (segment.sent.get(block) ?? 0) + 1);
    this.cap.spend(data.length);
    this.exchange.count("sent", data.length);
    this.exchange.emit({ type: "SendBlocks", peer: neighbour.id, data: encodeBlocks(serving.request, first, data) });
  }
}

/** Queue a neighbour's want. Throws ProtocolError on a request number used twice or too many wants. */
export function takeWant(neighbour: Neighbour, want: Want, now: number): void {
  if (neighbour.serving.has(want.request)) {
    throw new ProtocolError("request", `request ${want.request} is under way already`);
  }
  if (neighbour.serving.size >= MOST_SERVING) {
    throw new ProtocolError("flood", `more than ${MOST_SERVING} wants at once`);
  }
  if (neighbour.serving.size === 0) neighbour.told = now;
  neighbour.serving.set(want.request, {
    request: want.request,
    segment: idText(want.segment),
    blocks: bitmap.full(want.count, want.first),
    deadline: now + want.deadline,
    proof: want.proof || want.count === 0,
  });
}

/**
 * The most urgent blocks that are here and may be sent. Among wants of the same neighbour the earliest deadline goes
 * first; among neighbours, too, but one that was sent more than its share waits for the others with a deadline within
 * the same second.
 */
export function nextShipment(neighbours: readonly Neighbour[], find: Find): Shipment | undefined {
  let best: Shipment | undefined;
  for (const neighbour of neighbours) {
    const shipment = firstOf(neighbour, find);
    if (shipment !== undefined && (best === undefined || goesBefore(shipment, best))) best = shipment;
  }
  return best;
}

function goesBefore(one: Shipment, other: Shipment): boolean {
  const [second, otherSecond] = [one, other].map((shipment) => Math.floor(shipment.serving.deadline / 1000));
  if (second !== otherSecond) return Number(second) < Number(otherSecond);
  return one.neighbour.sent < other.neighbour.sent;
}

/** Blocks per message: four on fast links, one where 64 KiB would take more than 250 ms. */
export function messageBlocks(neighbour: Neighbour): number {
  const quarter = Math.floor(neighbour.sendRate.value / QUARTER);
  return Math.max(1, Math.min(Math.floor(quarter / BLOCK_BYTES), MAX_BLOCKS_PER_MESSAGE));
}

function firstOf(neighbour: Neighbour, find: Find): Shipment | undefined {
  if (neighbour.room() <= 0) return undefined;
  for (const serving of [...neighbour.serving.values()].sort((a, b) => a.deadline - b.deadline)) {
    const segment = find(serving.segment);
    if (segment?.proof === undefined) continue;
    const ready = serving.blocks & segment.held;
    const first = leastSent(ready, segment);
    if (first === undefined) continue;
    const count = run(ready >> BigInt(first), messageBlocks(neighbour));
    const size = segment.run(first, count).length;
    return neighbour.sent + size <= neighbour.credit ? { neighbour, serving, segment, first, count } : undefined;
  }
  return undefined;
}

/** The block that was handed on least often; undefined when there is none. */
function leastSent(ready: bigint, { sent }: Segment): number | undefined {
  let least: number | undefined;
  for (const block of bitmap.ones(ready)) {
    if (least === undefined || (sent.get(block) ?? 0) < (sent.get(least) ?? 0)) least = block;
  }
  return least;
}

function run(bits: bigint, most: number): number {
  let count = 1;
  while (count < most && bitmap.has(bits, count)) count += 1;
  return count;
}
