import type Hls from "hls.js";
import { describe, expect, it } from "vitest";
import { startAsKept } from "../../src/shelf/start-level.ts";

const LEVELS = [
  { uri: "https://origin/hls/i/v360.m3u8", maxBitrate: 500_000 },
  { uri: "https://origin/hls/i/v720.m3u8", maxBitrate: 2_000_000 },
  { uri: "https://origin/hls/i/v1080.m3u8", maxBitrate: 4_000_000 },
];

/** hls.js after `startAsKept` with so many bytes of each track. */
function started(kept: Record<string, number>) {
  const hls = { levels: LEVELS, bandwidthEstimate: 500_000, startLevel: -1 };
  startAsKept(hls as unknown as Hls, (track) => kept[track] ?? 0);
  return hls;
}

describe("the quality to begin with", () => {
  it("is hls.js's choice where nothing is kept", () => {
    expect(started({ a1: 9 })).toMatchObject({ startLevel: -1, bandwidthEstimate: 500_000 });
  });

  it("is the one of which most is kept, and hls.js believes in that much bandwidth and not in the next better one's", () => {
    const { startLevel, bandwidthEstimate } = started({ v360: 10, v720: 90, v1080: 20, a1: 900 });
    expect(startLevel).toBe(1);
    expect(bandwidthEstimate * 0.7).toBeGreaterThanOrEqual(2_000_000);
    expect(bandwidthEstimate * 0.95).toBeLessThan(4_000_000);
  });
});
