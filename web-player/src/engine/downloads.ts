/** Wanted segments: asks the policy, carries its actions out, and takes in what comes from peers and HTTP. */
import * as bitmap from "./bitmap.ts";
import type { Blocks } from "./blocks.ts";
import { ProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { BLOCK_BYTES, MAX_BLOCKS, idBytes } from "./identity.ts";
import type { Listing } from "./library.ts";
import { Load, NO_DUTY, sourcesOf, viewOf } from "./load.ts";
import type { HttpRange, Surroundings } from "./load.ts";
import type { Refuse } from "./messages.ts";
import type { Asked, Neighbour } from "./neighbour.ts";
import { ACTION_FIELDS, FETCH, NEVER, WANT, decide } from "./policy.ts";
import type { View } from "./policy.ts";
import { Rate, RoundTrip } from "./rate.ts";
import { LATE } from "./refusals.ts";
import { BadBytes, HTTP_SOURCE, Segment } from "./segment.ts";

const MOST_DEADLINE_MS = 600_000;
const MOST_ROUND_TRIP_MS = 5000;
const MOST_DOUBLINGS = 6;

/** The loads of one exchange. `urgent`: the player waits for bytes; `peerRate`: what all peers bring while they owe. */
export class Downloads {
  readonly httpRate: Rate;
  readonly httpRoundTrip: RoundTrip;
  readonly peerRate: Rate;
  private readonly exchange: Exchange;
  private readonly loads = new Map<string, Load>();
  private readonly actions = new Array<number>(ACTION_FIELDS * 2 * (MAX_BLOCKS + 1)).fill(0);
  private now = 0;
  private readonly askedHttp = new Map<string, number>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.httpRate = new Rate(exchange.parameters.initial_http_rate);
    this.httpRoundTrip = new RoundTrip(exchange.parameters.initial_round_trip_ms);
    this.peerRate = new Rate(exchange.parameters.initial_rate);
  }

  // What is wanted

  get urgent(): boolean {
    return [...this.loads.values()].some((load) => load.urgent);
  }

  /** The segment of a load. */
  segment(segmentId: string): Segment | undefined {
    return this.loads.get(segmentId)?.segment;
  }

  /** Bytes of a load that are not here yet; undefined when there is no such load. */
  missingBytes(segmentId: string): number | undefined {
    return this.loads.get(segmentId)?.missingBytes();
  }

  /** Segments in flight, with the blocks that are here or on their way over HTTP: what neighbours may ask for. */
  inFlight(): [listing: Listing, blocks: bigint][] {
    const begun = [...this.loads.values()].map((load): [Listing, bigint] => [load.listing, load.segment.held | load.coming()]);
    return begun.filter(([, blocks]) => blocks !== 0n);
  }

  /** Begin or change a load. */
  want(listing: Listing, deadline: number, urgent: boolean, spare: boolean, now: number): void {
    let load = this.loads.get(listing.id);
    if (load === undefined) {
      load = new Load(listing, new Segment(listing.id, listing.size), now, deadline, urgent);
      this.loads.set(listing.id, load);
    }
    load.deadline = deadline;
    load.urgent = urgent;
    load.spare = spare;
    load.wake = now;
  }

  /** Drop a load with all that was asked for it. */
  unwant(segmentId: string): void {
    const load = this.loads.get(segmentId);
    if (load === undefined) return;
    this.loads.delete(segmentId);
    this.stop(load);
    this.exchange.givenUp(segmentId);
  }

  /** A neighbour is gone: what it owed is missing again, and what it sent unverified is dropped. */
  release(gone: Neighbour, now: number): void {
    for (const load of this.loads.values()) {
      load.segment.forget(gone.id);
      load.owner = load.owner.map((owner) => (owner === gone.id ? undefined : owner));
      if (load.proofAsked === gone.id) load.proofAsked = undefined;
      load.wake = now;
    }
  }

  // Deciding

  /** Ask the policy about every load, the most urgent first; returns the next wake-up in ms. */
  step(now: number): number {
    this.now = now;
    for (const load of [...this.loads.values()].sort((a, b) => a.deadline - b.deadline)) this.decide(load, now);
    return [...this.loads.values()].reduce((wake, load) => Math.min(wake, load.wake), NEVER);
  }

  private decide(load: Load, now: number): void {
    const around = this.surroundings(load);
    const sources = sourcesOf(load, around.neighbours);
    const view = viewOf(load, sources, around, now);
    const [count, wake] = decide(view, this.actions);
    load.wake = load.retryAt > now ? Math.min(wake, load.retryAt) : wake;
    for (let k = 0; k < count; k += 1) {
      const action = this.actions.slice(k * ACTION_FIELDS, (k + 1) * ACTION_FIELDS);
      const [kind, place = -1, first = 0, blocks = 0] = action;
      const source = sources[place];
      if (kind === FETCH) this.fetch(load, first, blocks, now);
      else if (source !== undefined && kind === WANT) this.ask(load, source, first, blocks, view);
      else if (source !== undefined) this.takeBack(load, source, first, blocks, now);
    }
    this.proofOverHttp(load, now);
  }

  private surroundings(load: Load): Surroundings {
    const { exchange } = this;
    return {
      neighbours: load.unproven ? [] : [...exchange.neighbours.values()].filter((one) => one.hello !== undefined),
      me: exchange.me,
      duty: exchange.duties.get(load.listing.key.item) ?? NO_DUTY,
      http: { rate: this.httpRate.value, roundTrip: this.httpRoundTrip.value, queued: this.queued() },
      parameters: exchange.parameters,
      strained: exchange.uploads.strained,
    };
  }

  private queued(): number {
    let bytes = 0;
    for (const load of this.loads.values()) {
      for (const run of load.ranges.values()) bytes += load.segment.blockBytes(run.first) * (run.count - run.done);
    }
    return bytes;
  }

  /** Want blocks; their sender learns by when it must be done, or HTTP would bring them a second time. */
  private ask(load: Load, neighbour: Neighbour, first: number, count: number, { now, latest }: View): void {
    const request = neighbour.nextRequest;
    neighbour.nextRequest += 1;
    const blocks = bitmap.full(count, first);
    neighbour.asked.set(request, { segment: load.segment.id, blocks, owed: blocks, sent: now, deadline: load.deadline });
    neighbour.rate.busy(now);
    this.peerRate.busy(now);
    load.owner.fill(neighbour.id, first, first + count);
    load.askedAt.fill(now, first, first + count);
    const proof = load.segment.proof === undefined && load.proofAsked === undefined;
    if (proof) {
      load.proofAsked = neighbour.id;
      load.proofAskedAt = now;
    }
    const useful = load.spare ? load.deadline : latest;
    const deadline = Math.min(Math.max(useful - now, 0), MOST_DEADLINE_MS);
    const segment = idBytes(load.segment.id);
    this.exchange.say(neighbour, { type: "Want", request, segment, first, count, deadline, proof });
  }

  /** Stop waiting for blocks of a neighbour that fell silent or behind. */
  private takeBack(load: Load, neighbour: Neighbour, first: number, count: number, now: number): void {
    const silent = neighbour.silent(now) >= neighbour.patience();
    const taken = bitmap.full(count, first);
    load.owner.fill(undefined, first, first + count);
    for (const [request, asked] of neighbour.asked) {
      if (asked.segment !== load.segment.id || (asked.owed & taken) === 0n) continue;
      asked.owed &= ~taken;
      if (asked.owed === 0n) this.exchange.say(neighbour, { type: "Cancel", request });
    }
    if (load.proofAsked === neighbour.id) load.proofAsked = undefined;
    neighbour.forgetTakenBack(now);
    this.rest(neighbour);
    load.wake = now;
    if (!silent) return;
    neighbour.suspected = now;
    if (neighbour.strike(now)) this.exchange.close(neighbour.id, "slow", now, true);
  }

  private fetch(load: Load, first: number, count: number, now: number): void {
    load.ranges.set(first, { first, count, done: 0, tail: new Uint8Array() });
    this.askedHttp.set(fetchName(load.segment.id, first), now);
    this.httpRate.busy(now);
    const offset = first * BLOCK_BYTES;
    const size = Math.min(count * BLOCK_BYTES, load.segment.size - offset);
    const whole = count === load.segment.blocks;
    this.exchange.emit({ type: "FetchHttp", segment: load.segment.id, first, count, offset, size, whole });
  }

  /**
   * A proof is fetched when bytes of peers wait for it, or HTTP brings bytes that could be handed on. A peer that was
   * asked for it has a moment to bring it.
   */
  private proofOverHttp(load: Load, now: number): void {
    const { segment } = load;
    if (segment.proof !== undefined || load.proofAsked === HTTP_SOURCE || load.unproven) return;
    if (load.proofAsked !== undefined) {
      const due = load.proofAskedAt + Math.floor(this.exchange.parameters.silence_ms / 3);
      load.wake = Math.min(load.wake, Math.max(due, now + 1));
      if (now < due) return;
    } else if (!segment.mixed && (load.urgent || load.ranges.size === 0 || this.exchange.neighbours.size === 0)) {
      return;
    }
    load.proofAsked = HTTP_SOURCE;
    this.exchange.emit({ type: "FetchProof", segment: segment.id });
  }

  // What comes in

  /** Blocks from a neighbour. Throws ProtocolError when they were not asked for, BadBytes when they are wrong. */
  blocks(neighbour: Neighbour, blocks: Blocks, now: number): void {
    const asked = neighbour.asked.get(blocks.request);
    if (asked === undefined) {
      if (blocks.request >= neighbour.nextRequest) {
        throw new ProtocolError("request", `blocks for request ${blocks.request}, which was never made`);
      }
      this.exchange.count("wasted", blocks.data.length);
      neighbour.unasked(blocks.data.length);
      return;
    }
    const count = Math.ceil(blocks.data.length / BLOCK_BYTES);
    const bits = bitmap.full(count, blocks.first);
    if ((bits & ~asked.blocks) !== 0n) {
      throw new ProtocolError("range", `blocks ${blocks.first}+${count} were not asked for`);
    }
    neighbour.delivered = now;
    neighbour.brought = now;
    neighbour.suspected = undefined;
    neighbour.rate.add(blocks.data.length, now);
    this.peerRate.add(blocks.data.length, now);
    if (asked.owed === asked.blocks) neighbour.roundTrip.add(Math.min(now - asked.sent, MOST_ROUND_TRIP_MS));
    this.arrived(neighbour, blocks.request, asked, bits);
    const load = this.loads.get(asked.segment);
    if (load === undefined) {
      this.exchange.count("wasted", blocks.data.length);
      return;
    }
    this.putAll(load, neighbour.id, blocks);
    this.settle(load, now);
  }

  private arrived(neighbour: Neighbour, request: number, asked: Asked, bits: bigint): void {
    asked.owed &= ~bits;
    asked.blocks &= ~bits;
    if (asked.blocks === 0n) neighbour.asked.delete(request);
    this.rest(neighbour);
  }

  private putAll(load: Load, source: string, { first, data }: Blocks): void {
    for (let start = 0; start < data.length; start += BLOCK_BYTES) {
      const block = first + start / BLOCK_BYTES;
      const bytes = data.subarray(start, start + BLOCK_BYTES);
      if (!load.segment.put(source, block, bytes)) this.exchange.count("wasted", bytes.length);
      if (load.owner[block] === source) load.owner[block] = undefined;
    }
  }

  /** A peer was asked for this proof. */
  awaitsProof(segmentId: string, peer: string): boolean {
    const load = this.loads.get(segmentId);
    if (load === undefined || load.segment.proof !== undefined) return false;
    return load.proofAsked === peer || load.owner.includes(peer);
  }

  /** A proof came from a peer or over HTTP. Throws BadBytes when it does not hash to the segment's id. */
  proof(source: string, segmentId: string, encoded: Uint8Array, now: number): void {
    const load = this.loads.get(segmentId);
    if (load === undefined) return;
    load.proofAsked = undefined;
    for (const bad of new Set(load.segment.putProof(source, encoded))) {
      if (bad === HTTP_SOURCE) this.exchange.count("rejected", 1);
      else this.exchange.reject(bad, "hash", now);
    }
    this.settle(load, now);
  }

  /** The proof could not be had over HTTP: what peers sent unproven is dropped, and HTTP brings the segment. */
  proofFailed(segmentId: string, now: number): void {
    const load = this.loads.get(segmentId);
    if (load === undefined || load.segment.proof !== undefined) return;
    load.unproven = true;
    load.segment.forgetPeers();
    this.cancelAll(load);
    load.owner.fill(undefined);
    load.wake = now;
  }

  /** The rest of a want will not come. */
  refused(neighbour: Neighbour, message: Refuse, now: number): void {
    const asked = neighbour.asked.get(message.request);
    neighbour.asked.delete(message.request);
    const load = asked === undefined ? undefined : this.loads.get(asked.segment);
    if (asked === undefined || load === undefined) return;
    for (const block of bitmap.ones(asked.owed)) {
      if (load.owner[block] === neighbour.id) load.owner[block] = undefined;
    }
    if (load.proofAsked === neighbour.id) load.proofAsked = undefined;
    if (message.reason === LATE) load.declined.add(neighbour.id);
    else neighbour.unlearn(load.listing.key, load.listing.sequence);
    this.rest(neighbour);
    load.wake = now;
  }

  /** The next bytes of an HTTP fetch. Wrong bytes end the fetch and count as a failed try. */
  httpData(segmentId: string, first: number, data: Uint8Array, now: number): void {
    const load = this.loads.get(segmentId);
    const run = load?.ranges.get(first);
    if (load === undefined || run === undefined) {
      this.exchange.count("wasted", data.length);
      return;
    }
    const asked = this.askedHttp.get(fetchName(segmentId, first));
    if (asked !== undefined) this.httpRoundTrip.add(now - asked);
    this.askedHttp.delete(fetchName(segmentId, first));
    this.httpRate.add(data.length, now);
    try {
      this.putHttp(load, run, data);
    } catch (error) {
      if (!(error instanceof BadBytes)) throw error;
      this.exchange.count("rejected", 1);
      this.exchange.emit({ type: "AbortHttp", segment: segmentId, first });
      this.httpFailed(segmentId, first, now);
      return;
    }
    if (run.done === run.count) {
      load.ranges.delete(first);
      this.restHttp();
    }
    this.settle(load, now);
  }

  private putHttp(load: Load, run: HttpRange, data: Uint8Array): void {
    for (const [index, block] of load.takeHttp(run, data)) {
      if (!load.segment.put(HTTP_SOURCE, index, block)) this.exchange.count("wasted", block.length);
    }
  }

  /** An HTTP fetch failed; its missing blocks are tried again later, a few times. */
  httpFailed(segmentId: string, first: number, now: number): void {
    this.askedHttp.delete(fetchName(segmentId, first));
    const load = this.loads.get(segmentId);
    if (load?.ranges.delete(first) !== true) return;
    const { parameters } = this.exchange;
    load.retryAt = now + (parameters.http_retry_ms << Math.min(load.tries, MOST_DOUBLINGS));
    load.tries += 1;
    load.wake = now;
    this.restHttp();
    if (load.tries >= parameters.http_tries) {
      this.stop(load);
      this.loads.delete(segmentId);
      this.exchange.failed(segmentId, "http");
    }
  }

  private settle(load: Load, now: number): void {
    load.wake = now;
    if (!load.segment.complete || this.loads.get(load.segment.id) !== load) return;
    this.loads.delete(load.segment.id);
    this.stop(load);
    this.exchange.finished(load.listing, load.segment);
  }

  /** Cancel all that is still under way for a load. */
  private stop(load: Load): void {
    for (const run of load.ranges.values()) {
      this.exchange.emit({ type: "AbortHttp", segment: load.segment.id, first: run.first });
      this.askedHttp.delete(fetchName(load.segment.id, run.first));
    }
    load.ranges.clear();
    this.restHttp();
    this.cancelAll(load);
  }

  /** Take back all that was asked of peers for a load. */
  private cancelAll(load: Load): void {
    for (const neighbour of this.exchange.neighbours.values()) {
      for (const [request, asked] of neighbour.asked) {
        if (asked.segment !== load.segment.id) continue;
        if (asked.owed !== 0n) this.exchange.say(neighbour, { type: "Cancel", request });
        neighbour.excuse(request);
      }
      this.rest(neighbour);
    }
  }

  /** Time in which nothing is owed does not count for a rate. */
  private rest(neighbour: Neighbour): void {
    if (neighbour.owes) return;
    neighbour.rate.idle(this.now);
    if (![...this.exchange.neighbours.values()].some((one) => one.owes)) this.peerRate.idle(this.now);
  }

  private restHttp(): void {
    if (![...this.loads.values()].some((load) => load.ranges.size > 0)) this.httpRate.idle(this.now);
  }
}

function fetchName(segmentId: string, first: number): string {
  return `${segmentId} ${first}`;
}
