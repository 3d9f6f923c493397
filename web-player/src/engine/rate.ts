/** Measured rates in bytes/s and round trips in ms, as integers, from samples with explicit times. */

const WINDOW_MS = 200;
const LEAST_MS = 20;
const WEIGHT_PERMILLE = 300;

/**
 * Throughput while busy: bytes are summed over stretches of 200 ms and averaged exponentially. What came in a shorter
 * stretch weighs less, so that a few bytes in a burst do not look like a fast source.
 */
export class Rate {
  value: number;
  measured = false;
  private since: number | undefined;
  private bytes = 0;

  constructor(initial: number) {
    this.value = initial;
  }

  /** Something is owed from now on; waiting time before this does not count. */
  busy(now: number): void {
    if (this.since !== undefined) return;
    this.since = now;
    this.bytes = 0;
  }

  /** Nothing is owed any more. Where nothing came there is nothing to learn: it may have been taken back. */
  idle(now: number): void {
    if (this.bytes > 0) this.close(now, LEAST_MS);
    this.since = undefined;
  }

  /** `size` bytes arrived. */
  add(size: number, now: number): void {
    this.since ??= now;
    this.bytes += size;
    this.close(now, WINDOW_MS);
  }

  private close(now: number, leastMs: number): void {
    if (this.since === undefined || now - this.since < leastMs) return;
    const span = now - this.since;
    const sample = Math.floor((this.bytes * 1000) / span);
    const weight = this.measured ? Math.floor((WEIGHT_PERMILLE * Math.min(span, WINDOW_MS)) / WINDOW_MS) : 1000;
    this.value = Math.max(Math.floor((this.value * (1000 - weight) + sample * weight) / 1000), 1);
    this.measured = true;
    this.since = now;
    this.bytes = 0;
  }
}

/** Smoothed round trip (RFC 6298 section 2, without the variance). */
export class RoundTrip {
  value: number;
  private measured = false;

  constructor(initial: number) {
    this.value = initial;
  }

  /** One measured round trip in ms. */
  add(sample: number): void {
    this.value = this.measured ? Math.floor((7 * this.value + sample) / 8) : sample;
    this.measured = true;
  }
}
