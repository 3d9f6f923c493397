/** Exchanges joined by a network in memory, under a clock that only the test moves. The mirror of memory_network.py. */
import { Exchange } from "../../src/engine/exchange.ts";
import type { ExchangeEvent, FetchHttp } from "../../src/engine/exchange-events.ts";
import { idText, prove } from "../../src/engine/identity.ts";
import type { Listing } from "../../src/engine/library.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";

const PIECE_BYTES = 32 * 1024;
const LATER_MS = 10_000_000;

/** Deterministic bytes that differ in every block. */
export function segmentBytes(sequence: number, size: number): Uint8Array {
  const digits = (value: number): string => value.toString().padStart(8, "0");
  const lines = Array.from({ length: Math.floor(size / 16) + 1 }, (_, index) => digits(sequence) + digits(index));
  return new TextEncoder().encode(lines.join("")).slice(0, size);
}

/** What a hook makes of an event: the same, another, or nothing. */
export type Hook = (name: string, event: ExchangeEvent) => ExchangeEvent | undefined;

/** All peers, the origin's objects, and what is under way between them; times in ms, rates in bytes/s. */
export class Network {
  readonly delay = 10;
  readonly rate: number;
  readonly httpRate = 1_000_000;
  now = 1_000_000;
  httpBytes = 0;
  hook: Hook | undefined;
  readonly peers = new Map<string, Exchange>();
  readonly objects = new Map<string, Uint8Array>();
  readonly finished = new Map<string, number>();
  readonly sources = new Map<string, Record<string, number>>();
  readonly closed: string[] = [];
  private readonly live: boolean;
  private queue: { readonly at: number; readonly action: () => void }[] = [];
  private readonly busy = new Map<string, number>();

  constructor({ rate = 2_000_000, live = true } = {}) {
    this.rate = rate;
    this.live = live;
  }

  add(name: string): Exchange {
    const settings = { role: 0, agent: "test", cacheBytes: 64 << 20, uploadBytesPerSecond: 0, uploads: true, backed: () => false };
    const exchange = new Exchange(settings, PARAMETERS);
    exchange.me = name;
    this.peers.set(name, exchange);
    return exchange;
  }

  peer(name: string): Exchange {
    const exchange = this.peers.get(name);
    if (exchange === undefined) throw new Error(`no peer ${name}`);
    return exchange;
  }

  connect(one: string, other: string): void {
    this.peer(one).peerOpened(other, 0, this.now);
    this.peer(other).peerOpened(one, 0, this.now);
    this.settle();
  }

  listing(sequence: number, size = 250_000): Listing {
    const data = segmentBytes(sequence, size);
    const id = idText(prove(data).id);
    this.objects.set(id, data);
    return { key: { item: "class-1", track: "v360" }, sequence, id, size, live: this.live };
  }

  store(name: string, listing: Listing): void {
    this.peer(name).listed(listing);
    this.peer(name).store(listing, this.object(listing.id));
    this.settle();
  }

  /** Let `ms` pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = Math.min(this.settle(), this.queue[0]?.at ?? Number.POSITIVE_INFINITY);
      if (due > end) break;
      this.now = Math.max(due, this.now);
      const ready = this.queue.filter(({ at }) => at <= this.now);
      this.queue = this.queue.filter(({ at }) => at > this.now);
      for (const { action } of ready) action();
    }
    this.now = end;
  }

  private object(id: string): Uint8Array {
    return this.objects.get(id) ?? new Uint8Array();
  }

  private later(delay: number, action: () => void): void {
    const entry = { at: this.now + delay, action };
    const place = this.queue.findIndex(({ at }) => at > entry.at);
    this.queue.splice(place < 0 ? this.queue.length : place, 0, entry);
  }

  private settle(): number {
    let wake = this.now + LATER_MS;
    for (const [name, exchange] of this.peers) {
      wake = Math.min(wake, exchange.poll(this.now));
      for (const event of exchange.takeEvents()) {
        const changed = this.hook === undefined ? event : this.hook(name, event);
        if (changed !== undefined) this.carry(name, changed);
      }
    }
    return Math.max(wake, this.now + 1);
  }

  private carry(name: string, event: ExchangeEvent): void {
    switch (event.type) {
      case "SendControl":
        this.later(this.delay, () => this.peers.get(event.peer)?.controlReceived(name, event.data, this.now));
        break;
      case "SendBlocks":
        this.sendBlocks(name, event.peer, event.data);
        break;
      case "Close":
        this.closed.push(`${name} ${event.peer} ${event.reason}`);
        this.later(this.delay, () => this.peers.get(event.peer)?.peerClosed(name, this.now));
        break;
      case "FetchHttp":
        this.later(this.delay * 2, () => { this.fetch(name, event); });
        break;
      case "FetchProof": {
        const proof = prove(this.object(event.segment)).bytes;
        this.later(this.delay * 2, () => { this.peer(name).downloads.proof("http", event.segment, proof, this.now); });
        break;
      }
      case "Finished":
        this.finished.set(`${name} ${event.segment}`, this.now);
        this.sources.set(`${name} ${event.segment}`, Object.fromEntries(event.came));
        break;
      case "AbortHttp":
      case "Failed":
      case "Demanded":
        break;
    }
  }

  private sendBlocks(sender: string, peer: string, data: Uint8Array): void {
    const link = `${sender} ${peer}`;
    const end = Math.max(this.busy.get(link) ?? 0, this.now) + Math.floor((data.length * 1000) / this.rate);
    this.busy.set(link, end);
    this.later(end - this.now + this.delay, () => {
      const left = Math.floor((Math.max((this.busy.get(link) ?? 0) - this.now, 0) * this.rate) / 1000);
      this.peers.get(sender)?.buffered(peer, left, this.now);
      this.peers.get(peer)?.blocksReceived(sender, data, this.now);
    });
  }

  private fetch(name: string, { segment, first, offset, size }: FetchHttp): void {
    const data = this.object(segment).subarray(offset, offset + size);
    this.httpBytes += data.length;
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      const piece = data.subarray(start, start + PIECE_BYTES);
      const delay = Math.floor(((start + PIECE_BYTES) * 1000) / this.httpRate);
      this.later(delay, () => { this.peer(name).downloads.httpData(segment, first, piece, this.now); });
    }
  }
}
