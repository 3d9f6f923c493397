/**
 * The page's side of what is kept: which segments of the item are there, which of them were found sound, and the work in
 * the background, one thing at a time: reading what neighbours ask for, writing what was watched, checking the rest.
 */
import type { Exchange } from "../engine/exchange.ts";
import type { Listing } from "../engine/library.ts";
import { BadBytes } from "../engine/segment.ts";
import type { Clock } from "../net/worker-clock.ts";
import { ShelfError } from "./desk.ts";
import type { Desk } from "./desk.ts";
import type { Place } from "./ledger.ts";
import type { Answer, Kept, Request } from "./requests.ts";

/** What the shelf needs of the node. */
export interface Owner {
  readonly clock: Clock;
  readonly exchange: Exchange;
  offer(listing: Listing): void;
  /** Throws BadBytes. */
  store(listing: Listing, data: Uint8Array): void;
  withdraw(segment: string): void;
}

export interface ShelfListener {
  /** The figures are others. */
  changed(): void;
  /** The browser keeps nothing here, now or any longer. */
  failed(): void;
}

const MOST_REST_MS = 100;

/** Something that waits to be done for a segment. */
type Job = (listing: Listing) => Promise<void>;

export class Shelf {
  /** Undefined until it was counted. */
  kept: Kept | undefined;
  private readonly owner: Owner;
  private readonly desk: Desk;
  private readonly listener: ShelfListener;
  /** What is kept of the item, as far as the store said; undefined before it did. */
  private places: Map<string, Place> | undefined;
  private readonly sound = new Set<string>();
  private readonly demands = new Map<string, Listing>();
  private readonly unwritten = new Map<string, Listing>();
  private readonly unchecked = new Map<string, Listing>();
  /** What verified playlists listed so far, by id. */
  private readonly known: ReadonlyMap<string, Listing>;
  private started = false;
  private working = false;
  private closed = false;

  constructor(owner: Owner, desk: Desk, item: string, known: ReadonlyMap<string, Listing>, listener: ShelfListener) {
    this.owner = owner;
    this.desk = desk;
    this.known = known;
    this.listener = listener;
    void this.open(item);
  }

  /** A segment can be had from here: it is kept, and was found sound since the page was opened. */
  backs(id: string): boolean {
    return this.sound.has(id);
  }

  /** A segment may be here. */
  mayHold(id: string): boolean {
    return this.places === undefined || this.places.has(id);
  }

  /** Bytes kept of a track of the item. */
  bytesOf(track: string): number {
    const places = [...(this.places?.values() ?? [])].filter((place) => place.track === track);
    return places.reduce((sum, { size }) => sum + size, 0);
  }

  /** The picture is there: what can wait may begin. */
  start(): void {
    this.started = true;
    void this.work();
  }

  /** Segments were listed or fetched: what is kept is checked and then offered, what is in memory is kept. */
  note(listings: Iterable<Listing>): void {
    for (const listing of listings) this.sort(listing);
    void this.work();
  }

  /** A neighbour wants a segment that is not in memory. */
  demanded(listing: Listing): void {
    this.demands.set(listing.id, listing);
    void this.work();
  }

  /** Bring a kept segment into memory; `wanted` says afterwards if that is still of use. */
  async read(listing: Listing, wanted: () => boolean): Promise<void> {
    const { data } = await this.ask({ op: "read", place: placeOf(listing) });
    if (data === undefined) this.forget(listing.id);
    if (data === undefined || !wanted() || this.owner.exchange.find(listing.id) !== undefined) return;
    try {
      // From here on it can be had again, or memory that drops it at once would take the offer back.
      this.sound.add(listing.id);
      this.owner.store(listing, data);
    } catch (error) {
      if (!(error instanceof BadBytes)) throw error;
      this.forget(listing.id);
      await this.ask({ op: "drop", place: placeOf(listing) });
    }
  }

  /** Remove all that is kept, of every lecture. */
  async clear(): Promise<void> {
    this.unwritten.clear();
    for (const id of [...(this.places?.keys() ?? [])]) this.forget(id);
    await this.ask({ op: "clear" });
  }

  /** Nothing is offered or kept from here on. */
  close(): void {
    this.closed = true;
    for (const id of [...this.sound]) this.forget(id);
    this.desk.close();
  }

  private async open(item: string): Promise<void> {
    try {
      const { places = [] } = await this.ask({ op: "open", item, now: Date.now() });
      this.places = new Map(places.map((place) => [place.id, place]));
      this.note(this.known.values());
      await this.ask({ op: "count" });
    } catch (error) {
      this.fail(error);
    }
  }

  /** What there is to do for a segment: check it, write it, or nothing. */
  private sort(listing: Listing): void {
    if (this.places === undefined || this.sound.has(listing.id)) return;
    if (this.places.has(listing.id)) this.unchecked.set(listing.id, listing);
    else if (this.owner.exchange.cache.has(listing.id)) this.unwritten.set(listing.id, listing);
  }

  private async work(): Promise<void> {
    if (this.working || !this.started || this.places === undefined) return;
    this.working = true;
    try {
      for (let job = this.next(); job !== undefined && !this.closed; job = this.next()) {
        const began = this.owner.clock.now();
        await job();
        await this.rest(this.owner.clock.now() - began);
      }
    } catch (error) {
      this.fail(error);
    }
    this.working = false;
  }

  /** As long again as the work took: the processor of a phone has other things to do, and neighbours cannot drive it. */
  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => { this.owner.clock.after(Math.min(ms, MOST_REST_MS), resolve); });
  }

  /** What comes first; undefined when there is nothing to do. */
  private next(): (() => Promise<void>) | undefined {
    const queues: [Map<string, Listing>, Job][] = [
      [this.demands, (listing) => this.serve(listing)],
      [this.unwritten, (listing) => this.write(listing)],
      [this.unchecked, (listing) => this.check(listing)],
    ];
    for (const [queue, job] of queues) {
      for (const [id, listing] of queue) {
        queue.delete(id);
        return () => job(listing);
      }
    }
    return undefined;
  }

  private async serve(listing: Listing): Promise<void> {
    await this.read(listing, () => true);
    if (this.owner.exchange.find(listing.id) === undefined) this.owner.withdraw(listing.id);
  }

  private async write(listing: Listing): Promise<void> {
    const data = this.owner.exchange.data(listing.id);
    if (data === undefined) return;
    const place = placeOf(listing);
    const { good = false } = await this.ask({ op: "keep", place, data });
    if (good && !this.closed) this.take(listing, place);
  }

  private async check(listing: Listing): Promise<void> {
    const place = placeOf(listing);
    const { good = false } = await this.ask({ op: "check", place });
    if (good && !this.closed) this.take(listing, place);
    else this.forget(listing.id);
  }

  private take(listing: Listing, place: Place): void {
    this.places?.set(listing.id, place);
    this.sound.add(listing.id);
    this.owner.offer(listing);
  }

  /** A segment is kept no longer; neighbours hear so when it is not in memory either. */
  private forget(id: string): void {
    this.places?.delete(id);
    this.unchecked.delete(id);
    if (this.sound.delete(id) && this.owner.exchange.find(id) === undefined) this.owner.withdraw(id);
  }

  private async ask(request: Request): Promise<Answer> {
    const answer = await this.desk.ask(request);
    for (const id of answer.gone ?? []) this.forget(id);
    if (answer.kept !== undefined) {
      this.kept = answer.kept;
      this.listener.changed();
    }
    return answer;
  }

  private fail(error: unknown): void {
    if (!(error instanceof ShelfError)) throw error;
    if (!this.closed) this.listener.failed();
  }
}

function placeOf({ key, id, size }: Listing): Place {
  return { track: key.track, id, size };
}
