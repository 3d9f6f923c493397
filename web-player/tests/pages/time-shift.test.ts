import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LIVE_WINDOW_MS,
  LiveEdge,
  WINDOW_MS,
  liveFrom,
  mediaAt,
  sourceAfter,
  sourceFor,
  wallAt,
  windowStart,
  type Anchor,
  type Span,
} from "../../src/watch/time-shift.ts";

const STARTED = 1_790_000_000_000;
const SEGMENT = 3840;
const span = (length: number, live = true): Span => ({ started: STARTED, edge: STARTED + length, live, segment: SEGMENT });

/** A playlist of `count` segments whose first plays at `wall`. */
const anchors = (wall: number, count: number): Anchor[] =>
  Array.from({ length: count }, (_, n) => ({ media: (n * SEGMENT) / 1000, wall: wall + n * SEGMENT, duration: SEGMENT }));

/** What the origin lists: whole segments, from the one that plays at `start` on, at most an hour of them. */
function closedWindow(start: number, edge: number): { first: number; end: number } {
  const first = Math.floor((start - STARTED) / SEGMENT);
  const last = Math.min(first + Math.floor(3_600_000 / SEGMENT), Math.floor((edge - STARTED) / SEGMENT));
  return { first: STARTED + first * SEGMENT, end: STARTED + last * SEGMENT };
}

describe("which playlist shows a moment", () => {
  it("takes the live playlist near the edge and windows before", () => {
    const now = span(2 * WINDOW_MS);
    expect(sourceFor(now.edge - 10_000, now)).toEqual({ kind: "live" });
    expect(sourceFor(liveFrom(now) - 1, now)).toEqual({ kind: "window", start: STARTED + WINDOW_MS });
    expect(sourceFor(STARTED, now)).toEqual({ kind: "window", start: STARTED });
  });

  it("never takes the live playlist of a class that is over", () => {
    const over = span(10_000, false);
    expect(sourceFor(over.edge, over)).toEqual({ kind: "window", start: STARTED });
  });

  it("leaves two segments before the live playlist loses them", () => {
    expect(liveFrom(span(WINDOW_MS)) - (STARTED + WINDOW_MS - LIVE_WINDOW_MS)).toBe(2 * SEGMENT);
    expect(liveFrom(span(20_000))).toBe(STARTED);
  });

  it("puts every moment into a window of the grid that lists it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * WINDOW_MS }), (into) => {
        const wall = STARTED + into;
        const start = windowStart(wall, STARTED);
        const listed = closedWindow(start, STARTED + 12 * WINDOW_MS);
        expect((start - STARTED) % WINDOW_MS).toBe(0);
        expect(wall).toBeGreaterThanOrEqual(listed.first);
        expect(wall).toBeLessThan(listed.end);
      }),
    );
  });
});

describe("what follows a window", () => {
  it("is the next one, without a gap, to the live playlist or the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100_000, max: 6 * WINDOW_MS }), fc.boolean(), (length, live) => {
        const whole = span(Math.floor(length / SEGMENT) * SEGMENT, live);
        let end = closedWindow(STARTED, whole.edge).end;
        for (let turns = 0; ; turns += 1) {
          expect(turns).toBeLessThan(8);
          const next = sourceAfter(end, whole);
          if (next?.kind !== "window") {
            expect(next).toEqual(live ? { kind: "live" } : null);
            expect(whole.edge - end).toBeLessThan(live ? LIVE_WINDOW_MS : SEGMENT);
            return;
          }
          const listed = closedWindow(next.start, whole.edge);
          expect(listed.first).toBeLessThanOrEqual(end);
          expect(listed.end).toBeGreaterThan(end);
          end = listed.end;
        }
      }),
    );
  });

  it("is the same window again when that was not full", () => {
    const now = span(600_000);
    expect(sourceAfter(STARTED + 300_000, now)).toEqual({ kind: "window", start: STARTED });
  });
});

describe("mapping", () => {
  it("goes there and back within a playlist", () => {
    const listed = anchors(STARTED + 5000, 100);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 383.9, noNaN: true }), (media) => {
        const wall = wallAt(media, listed);
        expect(wall).not.toBeNull();
        expect(mediaAt(wall ?? 0, listed)).toBeCloseTo(media, 6);
      }),
    );
  });

  it("stops at the ends of the playlist and at gaps", () => {
    const listed = [...anchors(STARTED, 2), { media: 2 * 3.84, wall: STARTED + 60_000, duration: SEGMENT }];
    expect(mediaAt(STARTED - 1000, listed)).toBe(0);
    expect(mediaAt(STARTED + 30_000, listed)).toBe(7.68);
    expect(mediaAt(STARTED + 600_000, listed)).toBeCloseTo(11.52);
    expect(mediaAt(STARTED, [])).toBeNull();
    expect(wallAt(3, [])).toBeNull();
  });
});

describe("the live edge", () => {
  it("moves with the clock, however wrong the clock is", () => {
    for (const wrong of [-86_400_000, 0, 3_600_000]) {
      const edge = new LiveEdge(STARTED);
      edge.observe(STARTED + 40_000, STARTED + 42_000 + wrong);
      expect(edge.at(STARTED + 47_000 + wrong)).toBe(STARTED + 45_000);
    }
  });

  it("never goes back", () => {
    const edge = new LiveEdge(STARTED + 50_000);
    edge.observe(STARTED + 40_000, STARTED + 42_000);
    expect(edge.at(STARTED)).toBe(STARTED + 50_000);
  });
});
