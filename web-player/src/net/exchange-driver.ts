/** Turns the exchange: polls it when something came or is due, and carries out what it decides. */
import type { Exchange } from "../engine/exchange.ts";
import type { ExchangeEvent } from "../engine/exchange-events.ts";
import { IdentityError } from "../engine/errors.ts";
import { HTTP_SOURCE } from "../engine/segment.ts";
import { HttpFetcher } from "./http-fetcher.ts";
import type { FetchListener } from "./http-fetcher.ts";
import type { Mesh } from "./mesh.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

/** Decisions are made so often at most: bytes arrive in many small pieces. */
const LEAST_POLL_MS = 4;
const BUFFER_POLL_MS = 50;
const MOST_WAIT_MS = 1000;

/** What the exchange tells its owner. Nothing here may throw. */
export interface SegmentListener {
  /** A wanted segment is complete and verified. `came` says how many bytes each source gave. */
  finished(segment: string, came: readonly (readonly [string, number])[]): void;
  /** A wanted segment cannot be had now. */
  failed(segment: string): void;
  /** A neighbour wants an offered segment that is not in memory. */
  demanded(segment: string): void;
}

/** Drives one exchange over the links of a mesh and HTTP. `media` is the address under which segments lie. */
export class ExchangeDriver implements FetchListener {
  private readonly exchange: Exchange;
  private readonly mesh: Mesh;
  private readonly listener: SegmentListener;
  private readonly clock: Clock;
  private readonly fetcher: HttpFetcher;
  private polled = 0;
  private due = Number.POSITIVE_INFINITY;
  private stopTimer: CancelTimer | undefined;
  private closed = false;

  constructor(exchange: Exchange, mesh: Mesh, media: URL, listener: SegmentListener, clock: Clock) {
    this.exchange = exchange;
    this.mesh = mesh;
    this.listener = listener;
    this.clock = clock;
    this.fetcher = new HttpFetcher(media, clock, this);
  }

  /** Poll as soon as the least pause between polls allows. */
  soon(): void {
    this.pollAt(Math.max(this.polled + LEAST_POLL_MS, this.clock.now()));
  }

  /** Carry out at once what the exchange has decided so far. */
  carryAll(): void {
    for (const event of this.exchange.takeEvents()) this.carry(event);
  }

  /** Stop polling and fetching. */
  close(): void {
    this.closed = true;
    this.fetcher.close();
  }

  // HTTP

  httpData(segment: string, first: number, data: Uint8Array): void {
    this.exchange.downloads.httpData(segment, first, data, this.clock.now());
    this.soon();
  }

  httpFailed(segment: string, first: number): void {
    this.exchange.downloads.httpFailed(segment, first, this.clock.now());
    this.soon();
  }

  proofData(segment: string, proof: Uint8Array): void {
    try {
      this.exchange.downloads.proof(HTTP_SOURCE, segment, proof, this.clock.now());
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      this.exchange.downloads.proofFailed(segment, this.clock.now());
    }
    this.soon();
  }

  proofFailed(segment: string): void {
    this.exchange.downloads.proofFailed(segment, this.clock.now());
    this.soon();
  }

  // The exchange

  private pollAt(due: number): void {
    if (this.closed || this.due <= due) return;
    this.due = due;
    this.stopTimer?.();
    const wait = due - this.clock.now();
    if (wait <= 0) queueMicrotask(() => { this.poll(due); });
    else this.stopTimer = this.clock.after(wait, () => { this.poll(due); });
  }

  private poll(due: number): void {
    if (this.closed || this.due !== due) return;
    this.due = Number.POSITIVE_INFINITY;
    this.polled = this.clock.now();
    const now = this.polled;
    let full = false;
    for (const [peer, size] of this.mesh.buffered()) {
      full ||= size > 0;
      this.exchange.buffered(peer, size, now);
    }
    const wake = this.exchange.poll(now);
    this.carryAll();
    this.pollAt(now + Math.min(Math.max(wake - now, 1), full ? BUFFER_POLL_MS : MOST_WAIT_MS));
  }

  private carry(event: ExchangeEvent): void {
    switch (event.type) {
      case "SendControl":
        this.mesh.sendControl(event.peer, event.data);
        break;
      case "SendBlocks":
        this.mesh.sendBlocks(event.peer, event.data, this.lowMark(event.peer));
        break;
      case "Close":
        this.mesh.part(event.peer, event.reason, event.fault);
        break;
      case "FetchHttp":
        this.fetcher.fetch(event);
        break;
      case "AbortHttp":
        this.fetcher.abort(event.segment, event.first);
        break;
      case "FetchProof":
        this.fetcher.fetchProof(event.segment);
        break;
      case "Finished":
        this.listener.finished(event.segment, event.came);
        break;
      case "Failed":
        this.listener.failed(event.segment);
        break;
      case "Demanded":
        this.listener.demanded(event.segment);
        break;
    }
  }

  /** Half of what may stand in the send buffer, so that it never runs dry between two events. */
  private lowMark(peer: string): number {
    const neighbour = this.exchange.neighbours.get(peer);
    return neighbour === undefined ? 0 : Math.floor((neighbour.room() + neighbour.buffered) / 2);
  }
}
