/**
 * Where the player gets segments: from the lasting cache when the viewer has one and it is quick, else from the node. What
 * does the keeping is loaded when it is switched on.
 */
import type { Listing } from "../engine/library.ts";
import type { Supplier } from "../hls/deliveries.ts";
import type { Node } from "../net/node.ts";
import type { CancelTimer } from "../net/worker-clock.ts";
import type { Desk } from "./desk.ts";
import type { LastingCache, LastingFigures } from "./lasting-cache.ts";
import type { Shelf } from "./shelf.ts";

/** What plays next waits so long at most for slow storage, and what has time so long. */
const PATIENCE_MS = 150;
const MOST_PATIENCE_MS = 2000;
/** With a store behind it, memory need not hold more than what is exchanged now. */
const MEMORY_BYTES = 64 * 1024 * 1024;
const MOST_KNOWN = 50_000;

/** What is wanted, as the node is asked for it. */
type Want = Parameters<Node["want"]>;

interface Reading {
  readonly began: number;
  want: Want;
  stop: CancelTimer;
}

type Open = () => Promise<{ readonly Shelf: typeof Shelf; readonly desk: Desk }>;

async function load(): ReturnType<Open> {
  const [{ Shelf }, { WorkerDesk }] = await Promise.all([import("./shelf.ts"), import("./desk.ts")]);
  return { Shelf, desk: new WorkerDesk() };
}

export class Backing implements Supplier, LastingCache {
  private readonly node: Node;
  private readonly item: string;
  private readonly load: Open;
  private readonly memory: number;
  private readonly known = new Map<string, Listing>();
  private readonly reading = new Map<string, Reading>();
  private readonly listeners = new Set<() => void>();
  private on = false;
  private began = false;
  private failed = false;
  private opening: Promise<Shelf | undefined> = Promise.resolve(undefined);
  private shelf: Shelf | undefined;

  constructor(node: Node, item: string, open: Open = load) {
    this.node = node;
    this.item = item;
    this.load = open;
    this.memory = node.exchange.cache.mostBytes;
  }

  // The viewer's side

  figures(): LastingFigures {
    const { bytes, lectures, most } = this.shelf?.kept ?? { bytes: 0, lectures: 0, most: 0 };
    const state = !this.on ? "off" : this.failed ? "unavailable" : this.shelf?.kept === undefined ? "opening" : "on";
    return { state, bytes, lectures, most };
  }

  setEnabled(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.failed = false;
    if (on) this.opening = this.open();
    else this.leave();
    this.changed();
  }

  async clear(): Promise<void> {
    await this.shelf?.clear().catch(() => { this.fail(); });
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  // The engine's side

  /** Neighbours can be given a segment though memory has dropped it. */
  backs(id: string): boolean {
    return this.shelf?.backs(id) ?? false;
  }

  /** Bytes kept of a track of the item. */
  bytesOf(track: string): number {
    return this.shelf?.bytesOf(track) ?? 0;
  }

  /** The picture is there. */
  begin(): void {
    this.began = true;
    this.shelf?.start();
  }

  /** A verified playlist lists these. */
  listed(listings: readonly Listing[]): void {
    for (const listing of listings) if (this.known.size < MOST_KNOWN) this.known.set(listing.id, listing);
    this.shelf?.note(listings);
  }

  /** A segment was fetched. */
  fetched(id: string): void {
    const listing = this.node.exchange.library.of(id);
    if (listing !== undefined) this.shelf?.note([listing]);
  }

  /** A neighbour wants a segment that is not in memory. */
  demanded(id: string): void {
    const listing = this.node.exchange.library.of(id);
    if (listing !== undefined && this.shelf !== undefined) this.shelf.demanded(listing);
    else this.node.withdraw(id);
  }

  /** The page goes; what is kept stays. */
  close(): void {
    this.shelf?.close();
    this.shelf = undefined;
    for (const { stop } of this.reading.values()) stop();
    this.reading.clear();
    this.listeners.clear();
  }

  // The player's side

  get clock(): Node["clock"] {
    return this.node.clock;
  }

  get exchange(): Node["exchange"] {
    return this.node.exchange;
  }

  spare(listing: Listing, deadline: number): number {
    return this.node.spare(listing, deadline);
  }

  want(...want: Want): void {
    const [{ id }] = want;
    const reading = this.reading.get(id);
    if (reading !== undefined) this.time(Object.assign(reading, { want }));
    else if (this.mayHold(id)) this.read(want);
    else this.node.want(...want);
  }

  unwant(id: string): void {
    this.reading.get(id)?.stop();
    this.reading.delete(id);
    this.node.unwant(id);
  }

  private mayHold(id: string): boolean {
    if (!this.on || this.failed || this.exchange.find(id) !== undefined) return false;
    return this.shelf?.mayHold(id) ?? true;
  }

  private read(want: Want): void {
    const [listing] = want;
    const reading = { want, began: this.clock.now(), stop: () => undefined };
    this.reading.set(listing.id, reading);
    this.time(reading);
    const wanted = (): boolean => this.reading.get(listing.id) === reading;
    const end = (): void => { this.goOn(reading); };
    void this.opening.then((shelf) => shelf?.read(listing, wanted)).then(end, end);
  }

  private time(reading: Reading): void {
    const { want: [listing, deadline, urgent], began } = reading;
    const spare = urgent ? 0 : Math.min(this.spare(listing, deadline), MOST_PATIENCE_MS);
    reading.stop();
    const end = began + Math.max(spare, PATIENCE_MS);
    reading.stop = this.clock.after(Math.max(end - this.clock.now(), 0), () => { this.goOn(reading); });
  }

  /** It is in memory, or it comes from the network. */
  private goOn(reading: Reading): void {
    const [{ id }] = reading.want;
    if (this.reading.get(id) !== reading) return;
    reading.stop();
    this.reading.delete(id);
    this.node.want(...reading.want);
  }

  // Opening and leaving

  private async open(): Promise<Shelf | undefined> {
    try {
      const { Shelf, desk } = await this.load();
      const shelf: Shelf = new Shelf(this.node, desk, this.item, this.known, {
        changed: () => { this.changed(); },
        failed: () => { if (this.shelf === shelf) this.fail(); },
      });
      if (this.on) this.shelf = shelf;
      if (this.began) shelf.start();
      return shelf;
    } catch {
      // A browser that cannot load or run it plays as without it.
      this.fail();
      return undefined;
    }
  }

  /** Off means that nothing is left on the device. */
  private leave(): void {
    this.shelf = undefined;
    this.exchange.cache.mostBytes = this.memory;
    void this.opening.then((shelf) => {
      const close = (): void => { shelf?.close(); };
      return shelf?.clear().then(close, close);
    });
  }

  private fail(): void {
    this.failed = true;
    this.shelf?.close();
    this.shelf = undefined;
    this.exchange.cache.mostBytes = this.memory;
    this.changed();
  }

  private changed(): void {
    if (this.shelf?.kept !== undefined) this.exchange.cache.mostBytes = Math.min(this.memory, MEMORY_BYTES);
    for (const listener of this.listeners) listener();
  }
}
