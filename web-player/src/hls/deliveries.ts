/** Segments on their way to hls.js: wants them from the node by the time they are needed, and fetches ahead. */
import type { Listing } from "../engine/library.ts";
import type { Node } from "../net/node.ts";
import type { CancelTimer } from "../net/worker-clock.ts";
import type { Timeline } from "./timeline.ts";

/** hls.js loads one segment at a time: a single one must not hold it up for longer. */
const MOST_WAIT_MS = 8000;
/** After its deadline a load gets this long before it is fetched again without the engine. */
const GRACE_MS = 6000;
const URGENT_BUFFER_S = 0.25;
const AHEAD_LIVE = 3;
const AHEAD_LECTURE = 1;
const SECOND = 1000;

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
  readonly customer: Customer;
  stopWaiting: CancelTimer;
  /** Begins an order that is held back until neighbours are met. */
  begin: (() => void) | undefined;
}

/** Orders under way and segments fetched ahead of them. */
export class Deliveries {
  video: HTMLVideoElement | undefined;
  /** Fetching ahead waits for the first picture. */
  ahead = false;
  /** Neighbours may be met any moment: what can wait for them without being late does. */
  gathering = false;
  private readonly node: Node;
  private readonly timeline: Timeline;
  private readonly isVideo: (track: string) => boolean;
  private readonly open = new Map<string, Delivery>();
  private readonly fetchedAhead = new Map<string, Listing>();
  private readonly newest = new Map<string, number>();

  constructor(node: Node, timeline: Timeline, isVideo: (track: string) => boolean) {
    this.node = node;
    this.timeline = timeline;
    this.isVideo = isVideo;
  }

  /** hls.js needs a segment. */
  order(order: Order, customer: Customer): void {
    const { listing } = order;
    this.timeline.learn(listing.sequence, order.start, order.duration);
    this.leaveOtherTracks(listing);
    this.newest.set(listing.key.track, listing.sequence);
    this.fetchedAhead.delete(listing.id);
    const deadline = this.node.clock.now() + Math.min(this.untilNeeded(order.start), MOST_WAIT_MS);
    const urgent = this.isUrgent(order.start);
    const begin = (): void => { this.begin(listing, deadline, urgent); };
    const wait = this.gathering && !urgent ? this.node.spare(listing, deadline) : 0;
    const stopWaiting = this.node.clock.after(Math.max(wait, 0), begin);
    this.open.set(listing.id, { customer, stopWaiting, begin });
    if (wait <= 0) begin();
  }

  /** hls.js waits for a segment. */
  isOpen(id: string): boolean {
    return this.open.has(id);
  }

  /** Neighbours were met, or will not be: nothing is held back any more. */
  release(): void {
    this.gathering = false;
    for (const delivery of [...this.open.values()]) delivery.begin?.();
  }

  private begin(listing: Listing, deadline: number, urgent: boolean): void {
    const delivery = this.open.get(listing.id);
    if (delivery?.begin === undefined) return;
    delivery.begin = undefined;
    delivery.stopWaiting();
    const patience = Math.max(deadline - this.node.clock.now(), 0) + GRACE_MS;
    delivery.stopWaiting = this.node.clock.after(patience, () => { this.giveUp(listing.id); });
    this.node.want(listing, deadline, urgent);
    this.fetchAhead(listing);
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
    this.fetchedAhead.delete(id);
    const delivery = this.take(id);
    if (delivery === undefined) return;
    const data = this.node.exchange.data(id);
    if (data === undefined) delivery.customer.gaveUp();
    else delivery.customer.delivered(data, came);
  }

  /** The node cannot have a segment. */
  failed(id: string): void {
    this.fetchedAhead.delete(id);
    this.take(id)?.customer.gaveUp();
  }

  /** New segments of a live track are fetched at once, before hls.js asks. */
  listed(listings: readonly Listing[]): void {
    const [first] = listings;
    const newest = first === undefined ? undefined : this.newest.get(first.key.track);
    if (newest === undefined || !this.ahead || this.gathering) return;
    for (const listing of listings) {
      if (listing.live && listing.sequence > newest && listing.sequence <= newest + AHEAD_LIVE) this.wantAhead(listing);
    }
  }

  /** Nothing is wanted any more: the source changed. */
  clear(): void {
    for (const id of [...this.open.keys()]) this.cancel(id);
    for (const id of this.fetchedAhead.keys()) this.node.unwant(id);
    this.fetchedAhead.clear();
    this.newest.clear();
    this.timeline.forget();
  }

  private fetchAhead(listing: Listing): void {
    if (!this.ahead || this.gathering) return;
    const most = listing.live ? AHEAD_LIVE : AHEAD_LECTURE;
    for (let step = 1; step <= most; step += 1) {
      const next = this.node.exchange.library.at(listing.key, listing.sequence + step);
      if (next !== undefined) this.wantAhead(next);
    }
  }

  private wantAhead(listing: Listing): void {
    const start = this.timeline.startOf(listing.sequence);
    const { exchange } = this.node;
    if (start === undefined || this.open.has(listing.id) || exchange.find(listing.id) !== undefined) return;
    this.fetchedAhead.set(listing.id, listing);
    this.node.want(listing, this.node.clock.now() + this.untilNeeded(start), false);
  }

  /** What was fetched ahead of another quality is dropped when hls.js changes to this one. */
  private leaveOtherTracks(listing: Listing): void {
    const { track } = listing.key;
    if (!this.isVideo(track)) return;
    for (const [id, other] of this.fetchedAhead) {
      if (other.key.track === track || !this.isVideo(other.key.track)) continue;
      this.fetchedAhead.delete(id);
      this.node.unwant(id);
    }
    for (const other of [...this.newest.keys()]) {
      if (other !== track && this.isVideo(other)) this.newest.delete(other);
    }
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
