/**
 * Keeps segments in Cache Storage, one cache a lecture. The names of the entries say all there is to know, so there is no
 * index that could disagree with them; a tab that dies leaves nothing torn, as an entry is there whole or not at all.
 */
import { IdentityError } from "../engine/errors.ts";
import { checkSegment, idBytes } from "../engine/identity.ts";
import { Ledger, mostKept } from "./ledger.ts";
import type { Lecture, Place } from "./ledger.ts";
import type { Answer, Request } from "./requests.ts";

export const CACHE_PREFIX = "banyan-shelf/";
const ENTRY = /\/shelf\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{43})\/(\d{1,8})$/;
const MARK = /\/shelf\/used\/(\d{1,15})$/;
/** Room is made for more than one segment, and other tabs' doings are looked at, each time such a part is filled. */
const PARTS = 16;

/** Whole segments of all lectures; `watched` is the one that the page shows. */
export class Keeper {
  private readonly caches: CacheStorage;
  private readonly quota: () => Promise<number | undefined>;
  private watched = "";
  private opened = 0;
  private marked = false;
  private ledger: Ledger | undefined;
  private most = 0;
  private added = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(caches: CacheStorage, quota: () => Promise<number | undefined>) {
    this.caches = caches;
    this.quota = quota;
  }

  /** Rejects when the browser keeps nothing here. */
  async handle(request: Request): Promise<Answer> {
    switch (request.op) {
      case "open":
        return this.inTurn(() => this.open(request.item, request.now));
      case "count":
        return this.inTurn(() => this.count());
      case "keep":
        return this.inTurn(() => this.keep(request.place, request.data));
      case "read":
        return this.read(request.place);
      case "check":
        return this.check(request.place);
      case "drop":
        return this.inTurn(() => this.drop([[this.watched, request.place]]));
      case "clear":
        return this.inTurn(() => this.clear());
    }
  }

  /** What changes the store happens one after the other. */
  private inTurn(work: () => Promise<Answer>): Promise<Answer> {
    const done = this.turn.then(work, work);
    this.turn = done;
    return done;
  }

  private async open(item: string, now: number): Promise<Answer> {
    this.watched = item;
    this.opened = now;
    const { places } = await this.lecture(item);
    return { places };
  }

  private async count(): Promise<Answer> {
    const names = (await this.caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX));
    const lectures: Lecture[] = [];
    for (const name of names) lectures.push(await this.lecture(name.slice(CACHE_PREFIX.length)));
    this.ledger = new Ledger(lectures, this.watched);
    this.most = mostKept(await this.quota());
    this.added = 0;
    if (lectures.some(({ item }) => item === this.watched)) await this.mark();
    return this.told();
  }

  private async keep(place: Place, data: Uint8Array<ArrayBuffer>): Promise<Answer> {
    if (this.ledger === undefined || this.added > this.most / PARTS) await this.count();
    const gone = await this.makeRoom(place.size);
    if (gone === undefined) return { good: false, ...this.told() };
    try {
      const cache = await this.caches.open(CACHE_PREFIX + this.watched);
      await cache.put(nameOf(place), new Response(data));
    } catch (error) {
      return { good: false, ...(await this.refused(error)) };
    }
    this.ledger?.add(this.watched, place);
    this.added += place.size;
    await this.mark();
    return { good: true, ...this.told(gone) };
  }

  /** Ids of the watched item that had to go; undefined when it would take more than all there is. */
  private async makeRoom(size: number): Promise<readonly string[] | undefined> {
    const { ledger, most } = this;
    if (size > most || ledger === undefined) return undefined;
    if (ledger.bytes + size <= most) return [];
    const { gone } = await this.drop(ledger.beyond(most - Math.max(size, Math.floor(most / PARTS))));
    return gone ?? [];
  }

  /** The browser has less room than it said: be content with less than there is now. */
  private async refused(error: unknown): Promise<Answer> {
    if (!(error instanceof DOMException)) throw error;
    const { ledger } = this;
    if (error.name !== "QuotaExceededError" || ledger === undefined) return this.told();
    this.most = ledger.bytes - Math.floor(ledger.bytes / PARTS);
    return this.drop(ledger.beyond(this.most));
  }

  private async read(place: Place): Promise<Answer> {
    const found = await this.caches.match(nameOf(place), { cacheName: CACHE_PREFIX + this.watched });
    if (found === undefined) return {};
    this.ledger?.use(this.watched, place.id);
    return { data: new Uint8Array(await found.arrayBuffer()) };
  }

  private async check(place: Place): Promise<Answer> {
    const { data } = await this.read(place);
    try {
      if (data === undefined) throw new IdentityError("it is not there");
      checkSegment(data, idBytes(place.id));
      return { good: true };
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      return { good: false, ...(await this.inTurn(() => this.drop([[this.watched, place]]))) };
    }
  }

  private async drop(gone: readonly (readonly [item: string, place: Place])[]): Promise<Answer> {
    for (const [item, place] of gone) {
      if (this.ledger?.drop(item, place.id) === true) await this.caches.delete(CACHE_PREFIX + item);
      else await (await this.caches.open(CACHE_PREFIX + item)).delete(nameOf(place));
    }
    if (gone.some(([item]) => item === this.watched)) this.marked = false;
    return this.told(gone.filter(([item]) => item === this.watched).map(([, place]) => place.id));
  }

  private async clear(): Promise<Answer> {
    for (const name of await this.caches.keys()) {
      if (name.startsWith(CACHE_PREFIX)) await this.caches.delete(name);
    }
    this.marked = false;
    return this.count();
  }

  /** Note when the watched lecture was last watched, as the name of an empty entry. */
  private async mark(): Promise<void> {
    if (this.marked) return;
    this.marked = true;
    const cache = await this.caches.open(CACHE_PREFIX + this.watched);
    for (const { url } of await cache.keys()) if (MARK.test(url)) await cache.delete(url);
    try {
      await cache.put(`/shelf/used/${this.opened}`, new Response());
    } catch (error) {
      // Without it the lecture counts as watched long ago, and goes first: there is no room.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  private async lecture(item: string): Promise<Lecture> {
    const places: Place[] = [];
    let used = 0;
    if (await this.caches.has(CACHE_PREFIX + item)) {
      const cache = await this.caches.open(CACHE_PREFIX + item);
      for (const { url } of await cache.keys()) {
        const [, track, id, size] = ENTRY.exec(url) ?? [];
        if (track !== undefined && id !== undefined) places.push({ track, id, size: Number(size) });
        else used = Number(MARK.exec(url)?.[1] ?? used);
      }
    }
    return { item, used, places };
  }

  private told(gone: readonly string[] = []): Answer {
    const { ledger, most } = this;
    return ledger === undefined ? { gone } : { gone, kept: { bytes: ledger.bytes, lectures: ledger.count, most } };
  }
}

/** The name of a segment's entry: an address that is never fetched. */
function nameOf({ track, id, size }: Place): string {
  return `/shelf/${track}/${id}/${size}`;
}
