/** Which segments of a track somebody holds: a bitmap of at most 32,768 from a base. */
import * as bitmap from "./bitmap.ts";

export const MOST_BITS = 32_768;

/** Media sequence numbers within 32,768 of each other; older ones are forgotten when newer ones come. */
export class Holdings {
  base: number;
  bits: bigint;

  constructor(base = 0, bits = 0n) {
    this.base = base;
    this.bits = bits;
  }

  has(sequence: number): boolean {
    const place = sequence - this.base;
    return place >= 0 && place < MOST_BITS && bitmap.has(this.bits, place);
  }

  /** The highest one, -1 when there is none. */
  get newest(): number {
    return this.bits === 0n ? -1 : this.base + bitmap.width(this.bits) - 1;
  }

  /** One more; too old a one is passed over. */
  add(sequence: number): void {
    if (this.bits === 0n) this.base = sequence;
    const lead = this.base - sequence;
    if (lead > 0) {
      if (bitmap.width(this.bits) + lead > MOST_BITS) return;
      this.base = sequence;
      this.bits <<= BigInt(lead);
    }
    const excess = Math.min(sequence - this.base - MOST_BITS + 1, MOST_BITS);
    if (excess > 0) {
      this.bits >>= BigInt(excess);
      this.base = sequence - MOST_BITS + 1;
    }
    this.bits |= 1n << BigInt(sequence - this.base);
  }

  /** One less. */
  delete(sequence: number): void {
    if (this.has(sequence)) this.bits &= ~(1n << BigInt(sequence - this.base));
  }
}
