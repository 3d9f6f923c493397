import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ledger, mostKept } from "../../src/shelf/ledger.ts";
import type { Place } from "../../src/shelf/ledger.ts";

const place = (id: string, size = 10): Place => ({ track: "v720", id, size });
const ids = (gone: [string, Place][]): string[] => gone.map(([item, { id }]) => `${item} ${id}`);

describe("how much is kept", () => {
  it("is a fifth of what the browser grants, and 2 GiB at most", () => {
    expect(mostKept(1000)).toBe(200);
    expect(mostKept(1024 ** 4)).toBe(2 * 1024 ** 3);
    expect(mostKept(0)).toBe(0);
    expect(mostKept(undefined)).toBeLessThan(1024 ** 3);
  });
});

describe("what goes first", () => {
  const lectures = [
    { item: "now", used: 1, places: [place("n1"), place("n2")] },
    { item: "recent", used: 30, places: [place("r1")] },
    { item: "old", used: 20, places: [place("o1"), place("o2")] },
  ];

  it("is the lecture watched longest ago, but for the one that is watched", () => {
    const ledger = new Ledger(lectures, "now");
    expect([ledger.bytes, ledger.count]).toEqual([50, 3]);
    expect(ids(ledger.beyond(0))).toEqual(["old o1", "old o2", "recent r1", "now n1", "now n2"]);
    expect(ids(ledger.beyond(35))).toEqual(["old o1", "old o2"]);
    expect(ledger.beyond(50)).toEqual([]);
  });

  it("is the segment of a lecture that was used longest ago", () => {
    const ledger = new Ledger(lectures, "now");
    ledger.use("now", "n1");
    ledger.use("now", "unknown");
    expect(ids(ledger.beyond(0)).slice(-2)).toEqual(["now n2", "now n1"]);
  });

  it("forgets a lecture with its last segment", () => {
    const ledger = new Ledger(lectures, "now");
    expect([ledger.drop("old", "o1"), ledger.drop("old", "o1"), ledger.drop("old", "o2")]).toEqual([false, false, true]);
    expect([ledger.bytes, ledger.count]).toEqual([30, 2]);
  });

  it("never leaves more than is allowed, nor takes more than it must", () => {
    const sizes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(9), fc.integer({ min: 1, max: 50 })));
    fc.assert(fc.property(sizes, fc.nat(300), (added, most) => {
      const ledger = new Ledger([], "a");
      for (const [item, id, size] of added) ledger.add(item, place(`${item}${id}`, size));
      const gone = ledger.beyond(most);
      const last = gone.at(-1)?.[1].size ?? 0;
      const before = ledger.bytes;
      for (const [item, { id }] of gone) ledger.drop(item, id);
      expect(ledger.bytes).toBeLessThanOrEqual(most);
      if (gone.length > 0) expect(ledger.bytes + last).toBeGreaterThan(most);
      expect(before - gone.reduce((sum, [, { size }]) => sum + size, 0)).toBe(ledger.bytes);
    }));
  });
});
