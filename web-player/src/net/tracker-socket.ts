/**
 * The page's conversation with the tracker: one WebSocket, joined with a ticket, renewed and reconnected. Connections to
 * peers do not depend on it: while the tracker is away they stay, and only new introductions wait.
 */
import { FROM_TRACKER, TO_TRACKER } from "../engine/codec.ts";
import { ProtocolError } from "../engine/errors.ts";
import { TRACKER_VERSION } from "../engine/messages.ts";
import type { FromTracker, ToTracker, Welcome } from "../engine/messages.ts";
import type { Grant } from "./grant.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

const WELCOME_MS = 10_000;
/** The tracker answers each announce; when nothing at all comes for so long, the connection is dead, open or not. */
const ANSWER_MS = 6000;
/** The same after the device woke up or changed its network, when that is likely. */
const WAKE_ANSWER_MS = 4000;
/** Whole schools get their network back at once: a retry that is brought forward comes within this time. */
const WAKE_SPREAD_MS = 1000;
const RENEW_BEFORE_MS = 40_000;
const LEAST_RENEW_MS = 5000;
/** A connection that ends sooner counts as a failed try. */
const STEADY_MS = 10_000;
const FIRST_RETRY_MS = [200, 2000] as const;
const MOST_RETRY_MS = 30_000;
const MOST_DOUBLINGS = 6;
const MOST_BACKLOG_BYTES = 256 * 1024;

/** What the owner of the conversation wants to hear. Nothing here may throw. */
export interface TrackerListener {
  /** A ticket came, the first or a fresh one. */
  granted(grant: Grant): void;
  /** The tracker said something; Welcome is the first after each (re)connection. */
  heard(message: FromTracker): void;
  /** The tracker is away, or cannot be had; the conversation goes on trying. */
  lost(): void;
}

/** What the conversation needs. */
export interface TrackerSurroundings {
  readonly listener: TrackerListener;
  readonly clock: Clock;
  readonly agent: string;
  /** Ask the platform for a ticket. Whatever it rejects with is a failed try. */
  grant(): Promise<Grant>;
  /** Address of the tracker's WebSocket. */
  url(grant: Grant): string;
}

/** When to try again after `tries` failures: 0.2 to 2 s by `jitter` (0 to 1), doubling to 30 s, not before asked. */
export function retryMs(tries: number, askedMs: number, jitter: number): number {
  const [low, high] = FIRST_RETRY_MS;
  const pause = (low + (high - low) * jitter) * 2 ** Math.min(Math.max(tries - 1, 0), MOST_DOUBLINGS);
  return Math.max(Math.min(pause, MOST_RETRY_MS), askedMs);
}

/** Keeps one conversation alive from `start` to `close`. */
export class TrackerSocket {
  private readonly around: TrackerSurroundings;
  private socket: WebSocket | undefined;
  private joined = false;
  private closed = false;
  private tries = 0;
  private askedMs = 0;
  /** The newest ticket, and how far the tracker's clock is ahead of ours. */
  private held: Grant | undefined;
  private skewMs = 0;
  private stopRenewing: CancelTimer | undefined;
  private stopAwaiting: CancelTimer | undefined;
  private stopRetrying: CancelTimer | undefined;

  constructor(around: TrackerSurroundings) {
    this.around = around;
  }

  /** Begin the conversation; does nothing when it has begun. */
  start(): void {
    if (!this.closed && this.socket === undefined) void this.converse();
  }

  /** Send a message; false, and dropped, while the tracker is away or far behind. */
  send(message: ToTracker): boolean {
    if (!this.joined || this.socket === undefined || this.socket.bufferedAmount > MOST_BACKLOG_BYTES) return false;
    if (message.type === "Announce" && this.stopAwaiting === undefined) this.await(this.socket, ANSWER_MS);
    this.socket.send(TO_TRACKER.encode(message));
    return true;
  }

  /** The connection may have died unseen: try again now, or give what is said next little time to be answered. */
  doubt(): void {
    if (this.closed) return;
    if (this.stopRetrying !== undefined) this.retryAfter(Math.random() * WAKE_SPREAD_MS);
    else if (this.joined && this.socket !== undefined) this.await(this.socket, WAKE_ANSWER_MS);
  }

  /** End the conversation for good. */
  close(): void {
    this.closed = true;
    this.stopRenewing?.();
    this.socket?.close();
  }

  private async converse(): Promise<void> {
    try {
      const grant = this.usable() ?? (await this.ask());
      if (!this.isClosed()) this.open(grant);
    } catch {
      this.again();
    }
  }

  private async ask(): Promise<Grant> {
    const grant = await this.around.grant();
    if (this.isClosed()) return grant;
    this.held = grant;
    // The tracker hears of a stricter ticket before whatever the owner says because of it.
    this.send({ type: "Renew", ticket: grant.ticket });
    this.around.listener.granted(grant);
    return grant;
  }

  /** The ticket at hand, when it lasts: many come back at once after a restart, and each ticket costs a signature. */
  private usable(): Grant | undefined {
    return this.held !== undefined && this.leftMs(this.held) > RENEW_BEFORE_MS ? this.held : undefined;
  }

  private leftMs(grant: Grant): number {
    return grant.expires - (Date.now() + this.skewMs);
  }

  /** `closed` after an await, which the compiler believes unchanged. */
  private isClosed(): boolean {
    return this.closed;
  }

  private open(grant: Grant): void {
    const socket = new WebSocket(this.around.url(grant));
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      socket.send(TO_TRACKER.encode({ type: "Join", version: TRACKER_VERSION, ticket: grant.ticket, agent: this.around.agent }));
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => { this.received(socket, data); });
    socket.addEventListener("close", () => { this.lost(socket); });
    this.around.clock.after(WELCOME_MS, () => {
      if (!this.joined) this.abandon(socket);
    });
  }

  private await(socket: WebSocket, ms: number): void {
    this.stopAwaiting?.();
    this.stopAwaiting = this.around.clock.after(ms, () => { this.abandon(socket); });
  }

  /** Give up a socket at once: one that is dead tells so only after minutes, and so does closing it. */
  private abandon(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.lost(socket);
    socket.close();
  }

  private received(socket: WebSocket, data: unknown): void {
    if (this.socket !== socket || !(data instanceof ArrayBuffer)) return;
    this.answered();
    try {
      const message = FROM_TRACKER.decode(new Uint8Array(data));
      this.askedMs = message.type === "Refused" ? message.retry : 0;
      if (message.type === "Welcome") this.welcomed(socket, message);
      // What may not be tried again as it is may be the ticket's fault.
      if (message.type === "Refused" && message.retry === 0) this.held = undefined;
      this.around.listener.heard(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.close();
    }
  }

  private welcomed(socket: WebSocket, welcome: Welcome): void {
    this.joined = true;
    this.skewMs = welcome.now - Date.now();
    this.renewLater();
    this.around.clock.after(STEADY_MS, () => {
      if (this.socket === socket) this.tries = 0;
    });
  }

  /** Fetch a fresh ticket before the old one ends, by the tracker's clock. */
  private renewLater(): void {
    const leftMs = this.held === undefined ? 0 : this.leftMs(this.held);
    this.stopRenewing?.();
    this.stopRenewing = this.around.clock.after(Math.max(leftMs - RENEW_BEFORE_MS, LEAST_RENEW_MS), () => {
      void this.renew();
    });
  }

  private async renew(): Promise<void> {
    try {
      await this.ask();
    } catch {
      // The ticket at hand may last until the next try.
    }
    if (!this.isClosed() && this.joined) this.renewLater();
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.joined = false;
    this.answered();
    this.stopRenewing?.();
    this.again();
  }

  private again(): void {
    if (this.closed) return;
    this.around.listener.lost();
    this.tries += 1;
    this.retryAfter(retryMs(this.tries, this.askedMs, Math.random()));
  }

  private retryAfter(ms: number): void {
    this.stopRetrying?.();
    this.stopRetrying = this.around.clock.after(ms, () => {
      this.stopRetrying = undefined;
      this.start();
    });
  }

  private answered(): void {
    this.stopAwaiting?.();
    this.stopAwaiting = undefined;
  }
}
