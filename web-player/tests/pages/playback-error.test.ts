import { describe, expect, it } from "vitest";
import { ForgedPlaylist } from "../../src/engine/errors";
import { chinese } from "../../src/language/chinese.ts";
import { kindOf, retryDelay, sentenceFor, type HlsFailure } from "../../src/watch/playback-error.ts";

const failure = (type: string, details: string, rest: Partial<HlsFailure> = {}): HlsFailure => ({ type, details, fatal: true, ...rest });

describe("failures of hls.js", () => {
  it.each([
    [failure("networkError", "manifestLoadError", { response: { code: 404 } }), "gone"],
    [failure("networkError", "manifestLoadError", { response: { code: 503 } }), "network"],
    [failure("networkError", "fragLoadError", { response: { code: 404 } }), "network"],
    [failure("networkError", "levelLoadTimeOut"), "network"],
    [failure("mediaError", "bufferAppendError"), "decode"],
    [failure("mediaError", "manifestIncompatibleCodecsError"), "unsupported"],
    [failure("networkError", "levelLoadError", { networkDetails: new ForgedPlaylist("no") }), "unverified"],
    [failure("keySystemError", "keySystemNoKeys"), "other"],
  ] as const)("%j is %s", (one, kind) => {
    expect(kindOf(one)).toBe(kind);
  });

  it("are tried again for ever when the network is gone, less and less often", () => {
    const delays = Array.from({ length: 12 }, (_, tries) => retryDelay("network", tries) ?? -1);
    expect(delays.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(delays.at(-1)).toBe(15_000);
  });

  it("are not tried again for ever otherwise", () => {
    for (const kind of ["decode", "gone", "unsupported", "other"] as const) expect(retryDelay(kind, 3)).toBeNull();
  });

  it("are told in words", () => {
    expect(sentenceFor("unverified", chinese)).toContain("签名");
  });
});
