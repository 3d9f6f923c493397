// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as errors from "../../src/engine/errors.ts";
import { PlaylistGuard, VerifyingKey, verifyPlaylist } from "../../src/engine/playlist.ts";
import type { Claims, PublicJwk } from "../../src/engine/playlist.ts";
import { bytes, load } from "./vectors.ts";

const VECTORS = load("playlist") as {
  key: PublicJwk;
  signed: { data: string; claims: Claims }[];
  refused: { why: string; data: string; error: string }[];
  guard: { item: string; track: string; window: "live"; steps: { data: string; error: string }[] };
};
const key = await VerifyingKey.fromJwk(VECTORS.key, crypto.subtle);

async function outcome(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "";
  } catch (error) {
    if (error instanceof errors.PlaylistError) return error.name;
    throw error;
  }
}

describe("signed playlists, as Python signs them", () => {
  it.each(VECTORS.signed)("verifies $claims.track of $claims.item", async ({ data, claims }) => {
    expect(await verifyPlaylist(bytes(data), key)).toEqual(claims);
  });

  it.each(VECTORS.refused)("refuses $why", async ({ data, error }) => {
    expect(await outcome(verifyPlaylist(bytes(data), key))).toBe(error);
  });

  it("is never taken with any byte changed", async () => {
    const good = bytes(VECTORS.signed[0]?.data ?? "");
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = good.slice();
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(await outcome(verifyPlaylist(bad, key))).not.toBe("");
      }),
      { numRuns: 60 },
    );
  });

  it("gives claims or a PlaylistError for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (data) => {
        expect(await outcome(verifyPlaylist(data, key))).toBe("UnsignedPlaylist");
      }),
    );
  });

  it("refuses a key of another curve", async () => {
    await expect(VerifyingKey.fromJwk({ ...VECTORS.key, crv: "P-384" }, crypto.subtle)).rejects.toThrow();
  });
});

describe("the guard of one playlist", () => {
  it("says what Python's says, step by step", async () => {
    const { item, track, window, steps } = VECTORS.guard;
    const guard = new PlaylistGuard(item, track, window, key);
    const said: string[] = [];
    for (const step of steps) said.push(await outcome(guard.accept(bytes(step.data))));
    expect(said).toEqual(steps.map((step) => step.error));
  });
});
