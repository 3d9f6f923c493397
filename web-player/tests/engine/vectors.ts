/** Golden vectors written by `python -m tests.vectors`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(import.meta.dirname, "../../../tests/vectors");

export interface Zipped {
  readonly data: string;
  readonly zeros: number;
}

/** Read one vector file, whose shape the caller knows. */
export function load(name: string): unknown {
  return JSON.parse(readFileSync(resolve(FOLDER, `${name}.json`), "utf8"));
}

/** Bytes from hexadecimal. */
export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
}

/** Hexadecimal of bytes. */
export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

/** The bytes of a vector that was written in short. */
export function unzipped(vector: Zipped): Uint8Array<ArrayBuffer> {
  const beginning = bytes(vector.data);
  const whole = new Uint8Array(beginning.length + vector.zeros);
  whole.set(beginning);
  return whole;
}

/** The segment that a vector names by size and seed. */
export function segment(size: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) % 251);
}
