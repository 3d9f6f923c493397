import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatRate, formatShare, formatShortTime } from "../../src/format.ts";

describe("durations", () => {
  it.each([
    [0, "0:00"],
    [59_999, "0:59"],
    [3_599_000, "59:59"],
    [3_723_000, "1:02:03"],
    [-5, "0:00"],
    [Number.NaN, "–"],
    [Infinity, "–"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("sizes and rates", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.50 kB"],
    [999_600, "1.00 MB"],
    [4.2e9, "4.20 GB"],
    [1e18, "1000 PB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, "0 Mbit/s"],
    [46_900_000, "46.9 Mbit/s"],
    [259_000_000, "259 Mbit/s"],
    [1.25e9, "1.25 Gbit/s"],
  ])("%d bit/s are %s", (bps, text) => {
    expect(formatRate(bps)).toBe(text);
  });
});

describe("shares and short times", () => {
  it("tells unknown from nothing", () => {
    expect(formatShare(null)).toBe("–");
    expect(formatShare(0)).toBe("0 %");
    expect(formatShortTime(null)).toBe("–");
    expect(formatShortTime(0)).toBe("0 ms");
  });

  it("keeps a loss visible", () => {
    expect(formatShare(-0.125, 1)).toBe("−12.5 %");
    expect(formatShare(0.874, 1)).toBe("87.4 %");
    expect(formatShortTime(1440)).toBe("1.4 s");
  });
});
