/**
 * Segments are named by their content; the mirror of swarm/identity.py.
 *
 * A segment is cut into blocks of 16 KiB. Its *proof* is its size and the SHA-256 of each block; its *id* is the
 * SHA-256 of a domain prefix and the proof, written in base64url without padding (43 characters).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { IdentityError } from "./errors.ts";

export const BLOCK_BYTES = 16 * 1024;
export const MAX_BLOCKS = 2048;
export const MAX_SEGMENT_BYTES = BLOCK_BYTES * MAX_BLOCKS;
export const DIGEST_BYTES = 32;
export const ID_CHARS = 43;
const SIZE_BYTES = 8;
export const MAX_PROOF_BYTES = SIZE_BYTES + DIGEST_BYTES * MAX_BLOCKS;
const DOMAIN = new TextEncoder().encode("banyan/segment/1\0");
const ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** Size in bytes and block hashes of one segment, in the form that travels: 8 bytes of size, then the hashes. */
export class Proof {
  readonly size: number;
  readonly bytes: Uint8Array;

  constructor(size: number, bytes: Uint8Array) {
    this.size = size;
    this.bytes = bytes;
  }

  get blocks(): number {
    return (this.bytes.length - SIZE_BYTES) / DIGEST_BYTES;
  }

  /** The 32-byte segment id that this proof hashes to. */
  get id(): Uint8Array {
    return sha256.create().update(DOMAIN).update(this.bytes).digest();
  }

  /** SHA-256 of block `index`. */
  hash(index: number): Uint8Array {
    const start = SIZE_BYTES + index * DIGEST_BYTES;
    return this.bytes.subarray(start, start + DIGEST_BYTES);
  }

  /** Length of block `index` in bytes; only the last may be short. */
  blockBytes(index: number): number {
    return Math.min(BLOCK_BYTES, this.size - index * BLOCK_BYTES);
  }
}

/** Number of blocks of a segment of `size` bytes. Throws IdentityError outside 1 byte to 32 MiB. */
export function blockCount(size: number): number {
  if (!(size >= 1 && size <= MAX_SEGMENT_BYTES)) {
    throw new IdentityError(`a segment has 1 to ${MAX_SEGMENT_BYTES} bytes, not ${size}`);
  }
  return Math.ceil(size / BLOCK_BYTES);
}

/** Compute the proof of a whole segment. Throws IdentityError when it is empty or over 32 MiB. */
export function prove(data: Uint8Array): Proof {
  const count = blockCount(data.length);
  const bytes = new Uint8Array(SIZE_BYTES + count * DIGEST_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(data.length));
  for (let index = 0; index < count; index += 1) {
    const start = index * BLOCK_BYTES;
    bytes.set(sha256(data.subarray(start, start + BLOCK_BYTES)), SIZE_BYTES + index * DIGEST_BYTES);
  }
  return new Proof(data.length, bytes);
}

/** Read a proof and check that it hashes to `segmentId` (32 bytes). Throws IdentityError otherwise. */
export function decodeProof(data: Uint8Array, segmentId: Uint8Array): Proof {
  if (data.length < SIZE_BYTES + DIGEST_BYTES || data.length > MAX_PROOF_BYTES) {
    throw new IdentityError(`a proof has 40 to ${MAX_PROOF_BYTES} bytes, not ${data.length}`);
  }
  const size = Number(new DataView(data.buffer, data.byteOffset, SIZE_BYTES).getBigUint64(0));
  if (data.length !== SIZE_BYTES + DIGEST_BYTES * blockCount(size)) {
    throw new IdentityError(`a proof of ${data.length} bytes does not fit a segment of ${size} bytes`);
  }
  const proof = new Proof(size, data);
  if (!sameBytes(proof.id, segmentId)) throw new IdentityError("the proof does not hash to the segment id");
  return proof;
}

/** Check one block against its proof. Throws IdentityError when its place, length or hash is wrong. */
export function checkBlock(proof: Proof, index: number, data: Uint8Array): void {
  if (!Number.isInteger(index) || index < 0 || index >= proof.blocks) {
    throw new IdentityError(`block ${index} of ${proof.blocks}`);
  }
  const size = proof.blockBytes(index);
  if (data.length !== size) {
    throw new IdentityError(`block ${index} has ${data.length} bytes, not ${size}`);
  }
  if (!sameBytes(sha256(data), proof.hash(index))) {
    throw new IdentityError(`block ${index} does not match its hash`);
  }
}

/** Check a whole segment against its id and return its proof. Throws IdentityError on a mismatch. */
export function checkSegment(data: Uint8Array, segmentId: Uint8Array): Proof {
  const proof = prove(data);
  if (!sameBytes(proof.id, segmentId)) {
    throw new IdentityError(`${data.length} bytes do not hash to the segment id`);
  }
  return proof;
}

/** Write a 32-byte id as 43 characters of base64url. */
export function idText(segmentId: Uint8Array): string {
  return base64url(segmentId);
}

/** Read 43 characters of base64url back. Throws IdentityError on anything else. */
export function idBytes(text: string): Uint8Array {
  const raw = ID_PATTERN.test(text) ? fromBase64url(text) : undefined;
  if (raw?.length !== DIGEST_BYTES || base64url(raw) !== text) {
    throw new IdentityError(`not a segment id: ${text.slice(0, 60)}`);
  }
  return raw;
}

/** Base64url without padding (RFC 4648 section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Read base64url of its own alphabet, without padding. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Whether two byte strings are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
