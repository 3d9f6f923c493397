/** Bitmaps as bigints; on the wire bit 0 is the lowest bit of the first byte, trailing zero bytes are cut. */

/** Write a bitmap. */
export function pack(bits: bigint): Uint8Array {
  if (bits === 0n) return new Uint8Array();
  const digits = bits.toString(16);
  const text = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const end = text.length - 2 * index;
    bytes[index] = Number.parseInt(text.slice(end - 2, end), 16);
  }
  return bytes;
}

/** Read a bitmap. */
export function unpack(data: Uint8Array): bigint {
  const digits = Array.from(data, (byte) => byte.toString(16).padStart(2, "0"));
  return BigInt(`0x0${digits.reverse().join("")}`);
}

/** The bitmap with these bits set. */
export function of(numbers: Iterable<number>): bigint {
  let bits = 0n;
  for (const number of numbers) bits |= 1n << BigInt(number);
  return bits;
}

/** The numbers of the bits that are set, in order. */
export function ones(bits: bigint): number[] {
  const digits = bits.toString(2);
  const found: number[] = [];
  for (let index = 0; index < digits.length; index += 1) {
    if (digits[digits.length - 1 - index] === "1") found.push(index);
  }
  return found;
}

/** Whether bit `index` is set. */
export function has(bits: bigint, index: number): boolean {
  return ((bits >> BigInt(index)) & 1n) === 1n;
}

/** The length of a bitmap: one more than the number of its highest bit. */
export function width(bits: bigint): number {
  return bits === 0n ? 0 : bits.toString(2).length;
}

/** How many bits are set. */
export function count(bits: bigint): number {
  return ones(bits).length;
}

/** The bitmap of `length` ones from bit `first` on. */
export function full(length: number, first = 0): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(first);
}
