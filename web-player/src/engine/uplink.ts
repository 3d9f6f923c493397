/** The uplink, which all neighbours share. */
import type { Neighbour } from "./neighbour.ts";
import type { Parameters } from "./policy.ts";
import { Rate } from "./rate.ts";

export const STUCK_MS = 1000;
/** So much is handed over before the rate is known. */
const FIRST_BYTES = 32 * 1024;
/** A second block follows when the first is half gone, or a slow uplink would idle between them. */
const LEAST_BYTES = 12 * 1024;

/**
 * Only as much is handed to the neighbours' buffers as goes out in 250 ms, so that what is needed first goes first; a
 * neighbour whose buffer stands still for a second does not hold up the others.
 */
export class Uplink {
  readonly rate: Rate;
  private readonly parameters: Parameters;
  full = false;
  private noted = 0;
  private fullMs = 0;
  private since = 0;

  constructor(parameters: Parameters) {
    this.parameters = parameters;
    this.rate = new Rate(parameters.initial_rate);
  }

  /** Bytes left the buffers. */
  drained(size: number, neighbours: readonly Neighbour[], now: number): void {
    this.rate.add(size, now);
    if (!neighbours.some((neighbour) => neighbour.buffered > 0)) this.rate.idle(now);
  }

  /** Bytes in the buffers of all neighbours that take some. */
  waiting(neighbours: readonly Neighbour[], now: number): number {
    let bytes = 0;
    for (const neighbour of neighbours) if (now - neighbour.drained < STUCK_MS) bytes += neighbour.buffered;
    return bytes;
  }

  /** More may be handed over. */
  hasRoom(neighbours: readonly Neighbour[], now: number): boolean {
    const mark = Math.floor((this.rate.value * this.parameters.send_buffer_ms) / 1000);
    const most = this.rate.measured ? mark : Math.min(mark, FIRST_BYTES);
    return this.waiting(neighbours, now) < Math.max(most, LEAST_BYTES);
  }

  /** When `size` more bytes would have arrived, if the path is as long as paths are with a full uplink. */
  arrival(size: number, neighbours: readonly Neighbour[], now: number): number {
    const path = this.full ? this.parameters.upload_path_ms : 0;
    return now + path + Math.floor(((this.waiting(neighbours, now) + size) * 1000) / Math.max(this.rate.value, 1));
  }

  /** From now on somebody waits for the uplink, or nobody does. */
  note(full: boolean, now: number): void {
    if (this.full) this.fullMs += now - this.noted;
    this.full = full;
    this.noted = now;
  }

  /** For how much of the time since the last call, in permille, somebody waited for it. */
  strain(now: number): number {
    this.note(this.full, now);
    const permille = Math.floor((this.fullMs * 1000) / Math.max(now - this.since, 1));
    this.fullMs = 0;
    this.since = now;
    return Math.min(permille, 1000);
  }
}
