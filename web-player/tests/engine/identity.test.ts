// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdentityError } from "../../src/engine/errors.ts";
import {
  BLOCK_BYTES,
  MAX_SEGMENT_BYTES,
  blockCount,
  checkBlock,
  checkSegment,
  decodeProof,
  idBytes,
  idText,
  prove,
} from "../../src/engine/identity.ts";
import { bytes, hex, load, segment, unzipped } from "./vectors.ts";
import type { Zipped } from "./vectors.ts";

const VECTORS = load("identity") as {
  segments: { size: number; seed: number; proof: string; id: string }[];
  refused_proofs: (Zipped & { why: string; id: string })[];
  refused_names: string[];
};

describe("identity, as Python has it", () => {
  it.each(VECTORS.segments)("proves a segment of $size bytes", ({ size, seed, proof, id }) => {
    const data = segment(size, seed);
    const proved = prove(data);
    expect(hex(proved.bytes)).toBe(proof);
    expect(idText(proved.id)).toBe(id);
    expect(checkSegment(data, idBytes(id)).size).toBe(size);
    expect(decodeProof(bytes(proof), idBytes(id)).blocks).toBe(blockCount(size));
  });

  it.each(VECTORS.refused_proofs)("refuses a proof: $why", (vector) => {
    expect(() => decodeProof(unzipped(vector), bytes(vector.id))).toThrow(IdentityError);
  });

  it.each(VECTORS.refused_names)("refuses the name %j", (name) => {
    expect(() => idBytes(name)).toThrow(IdentityError);
  });
});

describe("blocks of a segment", () => {
  const data = segment(2 * BLOCK_BYTES + 100, 9);
  const proof = prove(data);
  const block = (index: number): Uint8Array => data.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);

  it("are taken in their places", () => {
    for (const index of [0, 1, 2]) {
      expect(() => { checkBlock(proof, index, block(index)); }).not.toThrow();
    }
  });

  it.each([
    ["another place", 0, block(1)],
    ["a place after the end", 3, block(2)],
    ["a negative place", -1, block(0)],
    ["half a place", 0.5, block(0)],
    ["a byte less", 0, block(0).slice(1)],
    ["a byte more", 2, data.slice(2 * BLOCK_BYTES - 1)],
    ["nothing", 0, new Uint8Array()],
    ["one bit flipped", 1, block(1).map((byte, at) => (at === 16_000 ? byte ^ 1 : byte))],
  ])("are refused: %s", (_, index, bad) => {
    expect(() => { checkBlock(proof, index, bad); }).toThrow(IdentityError);
  });

  it("have a segment of 1 byte to 32 MiB", () => {
    for (const size of [0, -1, MAX_SEGMENT_BYTES + 1, Number.NaN]) expect(() => blockCount(size)).toThrow(IdentityError);
  });

  it("are never taken with any byte changed", () => {
    fc.assert(
      fc.property(fc.nat({ max: data.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = data.slice();
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(() => checkSegment(bad, proof.id)).toThrow(IdentityError);
      }),
      { numRuns: 30 },
    );
  });
});

describe("any bytes as a proof", () => {
  it("give a proof or an IdentityError", () => {
    const id = prove(segment(5, 5)).id;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(() => decodeProof(data, id)).toThrow(IdentityError);
      }),
    );
  });

  it("and any text as a name give 32 bytes or an IdentityError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ minLength: 40, maxLength: 44 })), (text) => {
        try {
          expect(idText(idBytes(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(IdentityError);
        }
      }),
    );
  });
});
