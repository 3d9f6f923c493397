/** One segment on its way in: its verified blocks, the bytes that wait for a proof, and who sent what. */
import * as bitmap from "./bitmap.ts";
import { IdentityError } from "./errors.ts";
import { BLOCK_BYTES, blockCount, checkBlock, decodeProof, idBytes, idText, prove } from "./identity.ts";
import type { Proof } from "./identity.ts";

export const HTTP_SOURCE = "http";

/** Bytes of one source do not hash to what the segment's name demands. */
export class BadBytes extends IdentityError {
  readonly source: string;

  constructor(source: string, message: string) {
    super(message);
    this.source = source;
  }
}

interface Waiting {
  readonly source: string;
  readonly data: Uint8Array;
}

/**
 * Bytes of one segment, block by block. Only blocks that match the proof count as held. `size` comes from the signed
 * playlist. `came` says how many bytes each source gave: a peer, or HTTP_SOURCE.
 */
export class Segment {
  readonly id: string;
  readonly size: number;
  readonly blocks: number;
  readonly came = new Map<string, number>();
  /** How often each block was handed on. */
  readonly sent = new Map<number, number>();
  proof: Proof | undefined;
  held = 0n;
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private waiting = new Map<number, Waiting>();
  private waitingBits = 0n;

  /** Throws IdentityError when the size is impossible. */
  constructor(id: string, size: number) {
    this.id = id;
    this.size = size;
    this.blocks = blockCount(size);
    this.bytes = new Uint8Array(size);
  }

  get complete(): boolean {
    return this.held === bitmap.full(this.blocks);
  }

  /** Bitmap of the blocks that are here, verified or waiting for the proof. */
  get present(): bigint {
    return this.held | this.waitingBits;
  }

  /** Length of a block in bytes. */
  blockBytes(index: number): number {
    return Math.min(BLOCK_BYTES, this.size - index * BLOCK_BYTES);
  }

  /** A copy of all bytes; only for a complete segment. */
  data(): Uint8Array<ArrayBuffer> {
    if (!this.complete) throw new IdentityError("the segment is not complete");
    return this.bytes.slice();
  }

  /** The bytes of `count` verified blocks from block `first`, as a view that must not be written to. */
  run(first: number, count: number): Uint8Array {
    const wanted = bitmap.full(count, first);
    if ((this.held & wanted) !== wanted) throw new IdentityError(`blocks ${first}+${count} are not held`);
    return this.bytes.subarray(first * BLOCK_BYTES, (first + count) * BLOCK_BYTES);
  }

  /**
   * Take one block from a source; false when it was here already. Without a proof the block waits for it. Throws
   * BadBytes when it has the wrong place, length or hash.
   */
  put(source: string, index: number, data: Uint8Array): boolean {
    if (index < 0 || index >= this.blocks || data.length !== this.blockBytes(index)) {
      throw new BadBytes(source, `block ${index} of ${this.blocks} with ${data.length} bytes`);
    }
    if (bitmap.has(this.present, index)) return false;
    if (this.proof === undefined) {
      this.waiting.set(index, { source, data });
      this.waitingBits |= 1n << BigInt(index);
      this.proveFromHttp();
    } else {
      this.keep(this.proof, source, index, data);
    }
    return true;
  }

  /** Take the proof; return the sources of waiting blocks that turn out wrong. Throws BadBytes. */
  putProof(source: string, encoded: Uint8Array): string[] {
    if (this.proof !== undefined) return [];
    const proof = this.checkedProof(source, encoded);
    if (proof.size !== this.size) {
      throw new BadBytes(source, `a proof of ${proof.size} bytes for a segment listed with ${this.size}`);
    }
    this.proof = proof;
    return this.settle(proof);
  }

  /** Bytes of peers wait for the proof. */
  get mixed(): boolean {
    return [...this.waiting.values()].some((one) => one.source !== HTTP_SOURCE);
  }

  /** Drop what waits unverified from peers. */
  forgetPeers(): void {
    this.keepWaiting((source) => source === HTTP_SOURCE);
  }

  /** Drop what waits unverified from a source that turned out bad. */
  forget(source: string): void {
    this.keepWaiting((one) => one !== source);
  }

  private keepWaiting(wanted: (source: string) => boolean): void {
    this.waiting = new Map([...this.waiting].filter(([, one]) => wanted(one.source)));
    this.waitingBits = bitmap.of(this.waiting.keys());
  }

  private checkedProof(source: string, encoded: Uint8Array): Proof {
    try {
      return decodeProof(encoded, idBytes(this.id));
    } catch (error) {
      if (error instanceof IdentityError) throw new BadBytes(source, error.message);
      throw error;
    }
  }

  private settle(proof: Proof): string[] {
    const waiting = [...this.takeWaiting()].sort(([a], [b]) => a - b);
    const bad: string[] = [];
    for (const [index, { source, data }] of waiting) {
      try {
        this.keep(proof, source, index, data);
      } catch (error) {
        if (!(error instanceof BadBytes)) throw error;
        bad.push(error.source);
      }
    }
    return bad;
  }

  private takeWaiting(): Map<number, Waiting> {
    const waiting = this.waiting;
    this.waiting = new Map();
    this.waitingBits = 0n;
    return waiting;
  }

  private keep(proof: Proof, source: string, index: number, data: Uint8Array): void {
    try {
      checkBlock(proof, index, data);
    } catch (error) {
      if (error instanceof IdentityError) throw new BadBytes(source, error.message);
      throw error;
    }
    this.bytes.set(data, index * BLOCK_BYTES);
    this.held |= 1n << BigInt(index);
    this.came.set(source, (this.came.get(source) ?? 0) + data.length);
  }

  /** A segment that came whole over HTTP proves itself: its blocks hash to its name, or it is refused. */
  private proveFromHttp(): void {
    const sources = [...this.waiting.values()];
    if (sources.length < this.blocks || sources.some((one) => one.source !== HTTP_SOURCE)) return;
    const whole = new Uint8Array(this.size);
    for (const [index, { data }] of this.waiting) whole.set(data, index * BLOCK_BYTES);
    const proof = prove(whole);
    if (idText(proof.id) !== this.id) {
      this.takeWaiting();
      throw new BadBytes(HTTP_SOURCE, "the bytes do not hash to the segment's name");
    }
    this.proof = proof;
    this.settle(proof);
  }
}
