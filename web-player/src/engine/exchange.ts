/**
 * The exchange: one peer's share in a swarm, without input or output; the mirror of swarm/exchange.py.
 *
 * The shell tells it what happened, with the time in whole ms (`peerOpened`, `controlReceived`, `blocksReceived`,
 * `listed`, `want`, `downloads.httpData`, ...), calls `poll(now)` after that and again at the time that `poll` returns,
 * and carries out the events of `takeEvents()`. No byte leaves or is reported as finished before its hash matched.
 */
import { Announcer } from "./announcer.ts";
import { decodeBlocks } from "./blocks.ts";
import { Cache } from "./cache.ts";
import { PEER } from "./codec.ts";
import { Conversation } from "./conversation.ts";
import { BUSY, NOT_HELD, UNWILLING } from "./refusals.ts";
import { Downloads } from "./downloads.ts";
import { ProtocolError } from "./errors.ts";
import type { ExchangeEvent } from "./exchange-events.ts";
import { BLOCK_BYTES } from "./identity.ts";
import { Library } from "./library.ts";
import type { Listing } from "./library.ts";
import type { Duty } from "./load.ts";
import { PEER_VERSION, SEEDER } from "./messages.ts";
import type { PeerMessage } from "./messages.ts";
import { Neighbour } from "./neighbour.ts";
import { NEVER } from "./policy.ts";
import type { Parameters } from "./policy.ts";
import { BadBytes, HTTP_SOURCE, Segment } from "./segment.ts";
import { Uploads } from "./uploads.ts";

const MOST_REASON = 64;

/**
 * Who this peer is: its role (VIEWER or SEEDER), agent text, memory for segments in bytes, upload cap in bytes/s (0:
 * none), whether it uploads at all, and of which segments the shell has a store behind this memory (`backed`): those are
 * not lost when memory drops them, but demanded when a neighbour wants them.
 */
export interface ExchangeSettings {
  readonly role: number;
  readonly agent: string;
  readonly cacheBytes: number;
  readonly uploadBytesPerSecond: number;
  readonly uploads: boolean;
  readonly backed: (segmentId: string) => boolean;
}

const MOST_DEMANDED = 64;

/**
 * See the module's text. `counters` holds verified bytes by source (`http`, `peer`, `seeder`), `sent`, `wasted`,
 * `rejected` blocks, and `closed:<reason>`.
 */
export class Exchange {
  readonly settings: ExchangeSettings;
  readonly parameters: Parameters;
  /** Our peer id's name, once the tracker gave one. */
  me = "";
  readonly library = new Library();
  readonly cache: Cache;
  readonly neighbours = new Map<string, Neighbour>();
  readonly duties = new Map<string, Duty>();
  readonly counters = new Map<string, number>();
  readonly announcer: Announcer;
  readonly downloads: Downloads;
  uploading: boolean;
  private events: ExchangeEvent[] = [];
  private readonly roles = new Map<string, number>();
  private readonly demanded = new Set<string>();
  private readonly conversation: Conversation;
  readonly uploads: Uploads;

  constructor(settings: ExchangeSettings, parameters: Parameters) {
    this.settings = settings;
    this.parameters = parameters;
    this.cache = new Cache(settings.cacheBytes);
    this.announcer = new Announcer();
    this.uploading = settings.uploads;
    this.downloads = new Downloads(this);
    this.conversation = new Conversation(this);
    this.uploads = new Uploads(this, settings.uploadBytesPerSecond);
  }

  // Events

  /** Queue an event for the shell. */
  emit(event: ExchangeEvent): void {
    this.events.push(event);
  }

  /** All events since the last call, in order. */
  takeEvents(): ExchangeEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  /** Send a control message to a neighbour. */
  say(neighbour: Neighbour, message: PeerMessage): void {
    this.emit({ type: "SendControl", peer: neighbour.id, data: PEER.encode(message) });
  }

  /** Add to a counter. */
  count(name: string, by: number): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by);
  }

  private tellAll(messages: readonly PeerMessage[]): void {
    if (!this.uploading) return;
    for (const neighbour of this.neighbours.values()) {
      for (const message of messages) this.say(neighbour, message);
    }
  }

  // Peers

  /** Both channels to a peer are open. */
  peerOpened(peer: string, role: number, now: number): void {
    const neighbour = new Neighbour(peer, role, this.parameters, now);
    neighbour.granted = this.parameters.credit_bytes;
    this.neighbours.set(peer, neighbour);
    this.roles.set(peer, role);
    const { agent, role: mine } = this.settings;
    this.say(neighbour, { type: "Hello", version: PEER_VERSION, role: mine, agent, credit: neighbour.granted });
    if (!this.uploading) return;
    for (const message of this.announcer.greeting()) this.say(neighbour, message);
  }

  /** The connection to a peer is gone. */
  peerClosed(peer: string, now: number): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour === undefined) return;
    this.neighbours.delete(peer);
    this.downloads.release(neighbour, now);
  }

  /** Part with a peer on purpose; `fault` when it broke a rule. */
  close(peer: string, reason: string, now: number, fault = false): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour === undefined) return;
    this.say(neighbour, { type: "Bye", reason: reason.slice(0, MOST_REASON) });
    this.count(`closed:${reason}`, 1);
    this.emit({ type: "Close", peer, reason, fault });
    this.peerClosed(peer, now);
  }

  /** The send buffer of the blocks channel to a peer holds `size` bytes now. */
  buffered(peer: string, size: number, now: number): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour === undefined) return;
    const drained = neighbour.buffered - size;
    neighbour.buffered = size;
    if (drained > 0) {
      neighbour.sendRate.add(drained, now);
      neighbour.drained = now;
      this.uploads.drained(drained, now);
    }
    if (size === 0) neighbour.sendRate.idle(now);
  }

  /** A control message came in; whatever breaks the protocol ends the connection with a counted reason. */
  controlReceived(peer: string, data: Uint8Array, now: number): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour === undefined) return;
    try {
      this.conversation.heard(neighbour, PEER.decode(data), now);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(peer, error.reason, now, true);
    }
  }

  /** A block message came in. */
  blocksReceived(peer: string, data: Uint8Array, now: number): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour === undefined) return;
    try {
      const blocks = decodeBlocks(data);
      this.account(neighbour, blocks.data.length);
      this.downloads.blocks(neighbour, blocks, now);
    } catch (error) {
      if (error instanceof ProtocolError) this.close(peer, error.reason, now, true);
      else if (error instanceof BadBytes) this.reject(peer, "hash", now);
      else throw error;
    }
  }

  /** A peer sent bytes that do not hash to what they claim to be. */
  reject(peer: string, reason: string, now: number): void {
    this.count("rejected", 1);
    this.close(peer, reason, now, true);
  }

  private account(neighbour: Neighbour, size: number): void {
    neighbour.received += size;
    if (neighbour.received > neighbour.granted) {
      throw new ProtocolError("credit", `${neighbour.received} bytes with ${neighbour.granted} granted`);
    }
    const { credit_bytes } = this.parameters;
    if (neighbour.granted - neighbour.received < Math.floor((credit_bytes * 3) / 4)) {
      neighbour.granted = neighbour.received + credit_bytes;
      this.say(neighbour, { type: "Credit", limit: neighbour.granted });
    }
  }

  // Segments

  /** A verified playlist lists a segment. */
  listed(listing: Listing): void {
    this.library.add(listing);
  }

  /** Announce a segment that can be had on demand (see Demanded). */
  offer(listing: Listing): void {
    this.library.add(listing);
    this.tellAll(this.announcer.gained(listing));
  }

  /**
   * Get a segment by `deadline` (ms on the caller's clock); a second call changes deadline and urgency. What is wanted
   * to spare comes from peers that have nothing else to do for us, or not at all.
   */
  want(listing: Listing, deadline: number, now: number, urgent = false, spare = false): void {
    this.library.add(listing);
    if (this.cache.get(listing.id) !== undefined) {
      this.emit({ type: "Finished", segment: listing.id, came: [] });
      return;
    }
    this.downloads.want(listing, deadline, urgent, spare, now);
  }

  /** A segment is no longer needed. */
  unwant(segmentId: string): void {
    this.downloads.unwant(segmentId);
  }

  /** Take a whole segment from the shell's own store. Throws BadBytes when it does not hash to its id. */
  store(listing: Listing, data: Uint8Array): void {
    const segment = new Segment(listing.id, listing.size);
    for (let index = 0; index < segment.blocks; index += 1) {
      segment.put(HTTP_SOURCE, index, data.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES));
    }
    this.keep(listing, segment);
  }

  /** A copy of the bytes of a complete segment, when it is in memory. */
  data(segmentId: string): Uint8Array<ArrayBuffer> | undefined {
    return this.cache.get(segmentId)?.data();
  }

  /** A segment in memory or on its way in. */
  find(segmentId: string): Segment | undefined {
    return this.cache.get(segmentId) ?? this.downloads.segment(segmentId);
  }

  /** A segment is complete: keep it, tell neighbours, forget what it displaced. */
  private keep(listing: Listing, segment: Segment): void {
    const dropped = this.cache.put(segment);
    this.tellAll(this.announcer.gained(listing));
    this.demanded.delete(listing.id);
    for (const gone of dropped) this.evicted(gone);
  }

  /** A segment left memory: a backed one can be had again, of others neighbours hear that they are gone. */
  private evicted(segmentId: string): void {
    const listing = this.library.of(segmentId);
    if (!this.settings.backed(segmentId)) {
      if (listing !== undefined) this.tellAll(this.announcer.lost(listing));
      this.refuseWaiting(segmentId, NOT_HELD);
      return;
    }
    const waits = [...this.neighbours.values()].some((one) => [...one.serving.values()].some((s) => s.segment === segmentId));
    if (waits) this.demand(segmentId);
  }

  /** Ask the shell for an offered segment, once; false when too many are asked for already. */
  demand(segmentId: string): boolean {
    if (this.demanded.has(segmentId)) return true;
    if (this.demanded.size >= MOST_DEMANDED) return false;
    this.demanded.add(segmentId);
    this.emit({ type: "Demanded", segment: segmentId });
    return true;
  }

  /** A wanted segment is complete. */
  finished(listing: Listing, segment: Segment): void {
    for (const [source, size] of segment.came) {
      this.count(this.kindOf(source), size);
      const neighbour = this.neighbours.get(source);
      if (neighbour !== undefined) neighbour.useful += size;
    }
    this.keep(listing, segment);
    this.emit({ type: "Finished", segment: segment.id, came: [...segment.came] });
  }

  /** A wanted segment cannot be had; neighbours that wait for it are told. */
  failed(segmentId: string, reason: string): void {
    this.emit({ type: "Failed", segment: segmentId, reason });
    this.givenUp(segmentId);
  }

  /** A segment will not come: neighbours that were told of it, or wait for it, hear so. */
  givenUp(segmentId: string): void {
    this.demanded.delete(segmentId);
    const listing = this.library.of(segmentId);
    const backed = this.settings.backed(segmentId);
    if (listing !== undefined && !backed) this.tellAll(this.announcer.lost(listing));
    this.refuseWaiting(segmentId, backed ? BUSY : NOT_HELD);
  }

  /** Refuse what neighbours still wait for of a segment. */
  refuseWaiting(segmentId: string, reason: number): void {
    for (const neighbour of this.neighbours.values()) {
      for (const serving of [...neighbour.serving.values()].filter((one) => one.segment === segmentId)) {
        neighbour.serving.delete(serving.request);
        this.say(neighbour, { type: "Refuse", request: serving.request, reason });
      }
    }
  }

  /** Where bytes came from. */
  kindOf(source: string): "http" | "peer" | "seeder" {
    if (source === HTTP_SOURCE) return "http";
    return this.roles.get(source) === SEEDER ? "seeder" : "peer";
  }

  // Time

  /** Upload to neighbours or not; switching on tells them all that is held. */
  setUploads(on: boolean): void {
    if (on === this.uploading) return;
    this.uploading = on;
    if (on) {
      this.tellAll(this.announcer.greeting());
      return;
    }
    for (const neighbour of this.neighbours.values()) {
      for (const request of [...neighbour.serving.keys()]) {
        neighbour.serving.delete(request);
        this.say(neighbour, { type: "Refuse", request, reason: UNWILLING });
      }
    }
  }

  /** The platform's cap on uploads in bytes/s (0: none), which comes with the ticket. */
  setUploadCap(bytesPerSecond: number): void {
    this.uploads.setCap(bytesPerSecond);
  }

  /** Decide and send what can be sent; returns when to call again at the latest, in ms. */
  poll(now: number): number {
    let wake = this.downloads.step(now);
    if (!this.downloads.urgent || this.settings.role === SEEDER) wake = Math.min(wake, this.uploads.send(now));
    return Math.min(wake, this.announceProgress(now));
  }

  private announceProgress(now: number): number {
    let wake = NEVER;
    if (this.neighbours.size === 0 || !this.uploading) return wake;
    const { strained_announce_ms, announce_ms } = this.parameters;
    const every = this.uploads.strained ? strained_announce_ms : announce_ms;
    for (const [listing, blocks] of this.downloads.inFlight()) {
      this.tellAll(this.announcer.progress(listing, blocks, now, every));
      wake = Math.min(wake, this.announcer.due(listing.id, blocks, every) ?? NEVER);
    }
    return wake;
  }
}
