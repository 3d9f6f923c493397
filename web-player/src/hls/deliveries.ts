/** Segments on their way to hls.js: wants them from the node by the time they are needed, and fetches ahead. */
import type { Listing } from "../engine/library.ts";
import type { Node } from "../net/node.ts";
import type { CancelTimer } from "../net/worker-clock.ts";
import type { Timeline } from "./timeline.ts";

/** hls.js loads one segment at a time: a single one must not hold it up for longer. */
const MOST_WAIT_MS = 8000;
/** After its deadline a load that comes no further for so long is fetched again without the engine. */
const GRACE_MS = 6000;
const URGENT_BUFFER_S = 0.25;
const AHEAD_LIVE = 3;
const AHEAD_LECTURE = 1;
/** So many segments of a lecture are taken from peers that have nothing else to do, a few at a time. */
const LOOK_AHEAD = 15;
const MOST_TO_SPARE = 2;
const SECOND = 1000;
/** After these the playhead is somewhere else, or comes to a segment at another time. */
const TIMING_EVENTS = ["seeking", "waiting", "ratechange"] as const;

/** What hls.js asks for. `start` and `duration` in s of the media element. */
export interface Order {
  readonly listing: Listing;
  readonly start: number;
  readonly duration: number;
}

/** How an order ends. */
export interface Customer {
  /** Verified bytes, a copy; `came` says how many bytes each source gave, none when they were in memory. */
  delivered(data: Uint8Array<ArrayBuffer>, came: readonly (readonly [string, number])[]): void;
  /** The engine cannot do it; plain HTTP must. */
  gaveUp(): void;
}

interface Delivery {
  readonly order: Order;
  readonly customer: Customer;
  readonly ordered: number;
  deadline: number;
  urgent: boolean;
  /** Held back until neighbours are met. */
  held: boolean;
  /** Bytes that were not here when it was last looked at. */
  missing: number;
  stopWaiting: CancelTimer;
}

/** What deliveries need of the node. */
export type Supplier = Pick<Node, "clock" | "exchange" | "want" | "unwant" | "spare">;

/** Orders under way and segments fetched ahead of them. */
export class Deliveries {
  /** Fetching ahead waits for the first picture. */
  ahead = false;
  /** Neighbours may be met any moment: what can wait for them without being late does. */
  gathering = false;
  private readonly node: Supplier;
  private readonly timeline: Timeline;
  private readonly isVideo: (track: string) => boolean;
  private readonly open = new Map<string, Delivery>();
  private readonly fetchedAhead = new Map<string, Listing>();
  private readonly toSpare = new Set<string>();
  private readonly newest = new Map<string, Listing>();
  private playhead: HTMLVideoElement | undefined;
  private listening = new AbortController();

  constructor(node: Supplier, timeline: Timeline, isVideo: (track: string) => boolean) {
    this.node = node;
    this.timeline = timeline;
    this.isVideo = isVideo;
  }

  get video(): HTMLVideoElement | undefined {
    return this.playhead;
  }

  /** The element that plays what is delivered. */
  set video(video: HTMLVideoElement | undefined) {
    this.listening.abort();
    this.listening = new AbortController();
    this.playhead = video;
    const { signal } = this.listening;
    video?.addEventListener("seeking", () => { this.dropSpare(); }, { signal });
    for (const name of TIMING_EVENTS) video?.addEventListener(name, () => { this.timeAll(); }, { signal });
  }

  /** hls.js needs a segment. */
  order(order: Order, customer: Customer): void {
    const { listing } = order;
    this.timeline.learn(listing.sequence, order.start, order.duration);
    this.leaveOtherTracks(listing);
    this.newest.set(listing.key.track, listing);
    this.forgetAhead(listing.id);
    const delivery: Delivery = {
      order,
      customer,
      ordered: this.node.clock.now(),
      deadline: this.deadline(order, this.node.clock.now()),
      urgent: this.isUrgent(order.start),
      held: true,
      missing: listing.size,
      stopWaiting: () => undefined,
    };
    this.open.set(listing.id, delivery);
    this.carryOut(delivery);
  }

  /** hls.js waits for a segment. */
  isOpen(id: string): boolean {
    return this.open.has(id);
  }

  /** Neighbours were met, or will not be: nothing is held back any more. */
  release(): void {
    this.gathering = false;
    for (const delivery of [...this.open.values()]) if (delivery.held) this.begin(delivery);
  }

  /** Begin an order, or hold it back as long as it can wait for neighbours. */
  private carryOut(delivery: Delivery): void {
    const { order, deadline, urgent, held } = delivery;
    const wait = held && this.gathering && !urgent ? this.node.spare(order.listing, deadline) : 0;
    if (wait <= 0) this.begin(delivery);
    else this.wait(delivery, wait, () => { this.begin(delivery); });
  }

  private begin(delivery: Delivery): void {
    const { listing } = delivery.order;
    const { deadline, urgent } = delivery;
    delivery.held = false;
    this.node.want(listing, deadline, urgent);
    this.lookAfter(delivery, Math.max(deadline - this.node.clock.now(), 0) + GRACE_MS);
    this.fetchAhead(listing);
  }

  private lookAfter(delivery: Delivery, ms: number): void {
    const { id } = delivery.order.listing;
    delivery.missing = this.node.exchange.downloads.missingBytes(id) ?? 0;
    this.wait(delivery, ms, () => { this.look(delivery); });
  }

  /** Bytes still come: then a new download would only begin again. None do: plain HTTP must. */
  private look(delivery: Delivery): void {
    const { id } = delivery.order.listing;
    const missing = this.node.exchange.downloads.missingBytes(id);
    if (missing !== undefined && missing < delivery.missing) this.lookAfter(delivery, GRACE_MS);
    else this.giveUp(id);
  }

  private wait(delivery: Delivery, ms: number, action: () => void): void {
    delivery.stopWaiting();
    delivery.stopWaiting = this.node.clock.after(ms, action);
  }

  /** The playhead jumped, or runs at another speed or not at all: all that is open is needed at another time. */
  private timeAll(): void {
    for (const delivery of [...this.open.values()]) this.time(delivery);
  }

  private time(delivery: Delivery): void {
    const { order, held } = delivery;
    const now = this.node.clock.now();
    const deadline = this.deadline(order, delivery.ordered);
    const urgent = this.isUrgent(order.start);
    // A load that ended is about to be told of.
    if (!held && this.node.exchange.find(order.listing.id) === undefined) return;
    // What is late stays so, or events would put off giving it up.
    const late = !held && deadline <= now && delivery.deadline <= now;
    const changed = urgent !== delivery.urgent;
    delivery.urgent = urgent;
    if (!late) {
      delivery.deadline = deadline;
      this.carryOut(delivery);
    } else if (changed) this.node.want(order.listing, delivery.deadline, urgent);
  }

  /** hls.js no longer needs a segment. */
  cancel(id: string): void {
    const delivery = this.open.get(id);
    if (delivery === undefined) return;
    delivery.stopWaiting();
    this.open.delete(id);
    this.node.unwant(id);
  }

  /** The node has a segment. */
  finished(id: string, came: readonly (readonly [string, number])[]): void {
    if (this.toSpare.has(id)) for (const listing of this.newest.values()) this.lookAhead(listing, id);
    this.forgetAhead(id);
    const delivery = this.take(id);
    if (delivery === undefined) return;
    const data = this.node.exchange.data(id);
    if (data === undefined) delivery.customer.gaveUp();
    else delivery.customer.delivered(data, came);
    if (!delivery.urgent) return;
    for (const { order, held } of [delivery, ...this.open.values()]) if (!held) this.fetchAhead(order.listing);
  }

  /** The node cannot have a segment. */
  failed(id: string): void {
    this.forgetAhead(id);
    this.take(id)?.customer.gaveUp();
  }

  /** New segments of a live track are fetched at once, before hls.js asks. */
  listed(listings: readonly Listing[]): void {
    const [first] = listings;
    const newest = first === undefined ? undefined : this.newest.get(first.key.track);
    if (newest === undefined || !this.mayFetchAhead()) return;
    for (const listing of listings) {
      const step = listing.sequence - newest.sequence;
      if (listing.live && step > 0 && step <= AHEAD_LIVE) this.wantAhead(listing);
    }
  }

  /** Nothing is wanted any more: the source changed. */
  clear(): void {
    for (const id of [...this.open.keys()]) this.cancel(id);
    for (const id of this.fetchedAhead.keys()) this.node.unwant(id);
    this.fetchedAhead.clear();
    this.toSpare.clear();
    this.newest.clear();
    this.timeline.forget();
  }

  /** What the player waits for has the line for itself. */
  private mayFetchAhead(): boolean {
    return this.ahead && !this.gathering && ![...this.open.values()].some((delivery) => delivery.urgent);
  }

  private fetchAhead(listing: Listing): void {
    if (!this.mayFetchAhead()) return;
    const most = listing.live ? AHEAD_LIVE : AHEAD_LECTURE;
    for (let step = 1; step <= most; step += 1) {
      const next = this.node.exchange.library.at(listing.key, listing.sequence + step);
      if (next !== undefined) this.wantAhead(next);
    }
    this.lookAhead(listing);
  }

  /** Take more of a lecture from peers, after `listing`; a spare load that ends makes room for another. */
  private lookAhead(listing: Listing, ends = ""): void {
    const { exchange } = this.node;
    if (listing.live || exchange.neighbours.size === 0 || !this.mayFetchAhead()) return;
    let free = MOST_TO_SPARE - this.toSpare.size + (ends === "" ? 0 : 1);
    for (let step = AHEAD_LECTURE + 1; step <= LOOK_AHEAD && free > 0; step += 1) {
      const next = exchange.library.at(listing.key, listing.sequence + step);
      if (next === undefined) return;
      if (this.wantAhead(next, true)) free -= 1;
    }
  }

  /** Begin a load that hls.js has not asked for; false when there is nothing to begin. */
  private wantAhead(listing: Listing, spare = false): boolean {
    const start = this.timeline.startOf(listing.sequence);
    const { id } = listing;
    const known = this.open.has(id) || this.node.exchange.find(id) !== undefined;
    if (start === undefined || (known && (spare || !this.toSpare.has(id)))) return false;
    this.fetchedAhead.set(id, listing);
    if (spare) this.toSpare.add(id);
    else this.toSpare.delete(id);
    this.node.want(listing, this.node.clock.now() + this.untilNeeded(start), false, spare);
    return true;
  }

  private forgetAhead(id: string): void {
    this.fetchedAhead.delete(id);
    this.toSpare.delete(id);
  }

  /** The playhead is elsewhere: what was fetched to spare is of no use. */
  private dropSpare(): void {
    for (const id of this.toSpare) {
      this.fetchedAhead.delete(id);
      this.node.unwant(id);
    }
    this.toSpare.clear();
  }

  /** What was fetched ahead of another quality is dropped when hls.js changes to this one. */
  private leaveOtherTracks(listing: Listing): void {
    const { track } = listing.key;
    if (!this.isVideo(track)) return;
    for (const [id, other] of this.fetchedAhead) {
      if (other.key.track === track || !this.isVideo(other.key.track)) continue;
      this.forgetAhead(id);
      this.node.unwant(id);
    }
    for (const other of [...this.newest.keys()]) {
      if (other !== track && this.isVideo(other)) this.newest.delete(other);
    }
  }

  private deadline(order: Order, ordered: number): number {
    return Math.min(this.node.clock.now() + this.untilNeeded(order.start), ordered + MOST_WAIT_MS);
  }

  /** Ms until the playhead is at a second of the media. */
  private untilNeeded(start: number): number {
    const { currentTime = 0, playbackRate = 1 } = this.video ?? {};
    return Math.max(Math.round(((start - currentTime) * SECOND) / Math.max(playbackRate, 0.1)), 0);
  }

  /** The player has nothing to play until this segment is there. */
  private isUrgent(start: number): boolean {
    const { video } = this;
    if (video === undefined) return true;
    const { buffered, currentTime } = video;
    for (let index = 0; index < buffered.length; index += 1) {
      const inside = buffered.start(index) <= currentTime + URGENT_BUFFER_S && buffered.end(index) > currentTime;
      if (inside) return buffered.end(index) - currentTime < URGENT_BUFFER_S && start - currentTime < SECOND;
    }
    return true;
  }

  private giveUp(id: string): void {
    const delivery = this.take(id);
    if (delivery === undefined) return;
    this.node.unwant(id);
    delivery.customer.gaveUp();
  }

  private take(id: string): Delivery | undefined {
    const delivery = this.open.get(id);
    delivery?.stopWaiting();
    this.open.delete(id);
    return delivery;
  }
}
