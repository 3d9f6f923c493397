import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { english } from "../../src/language/english.ts";
import { createItemTable, ordered } from "../../src/operators/item-table.ts";
import { SnapshotFeed } from "../../src/operators/snapshot-feed.ts";
import { HISTORY, joined, withPoint, type ItemFigures, type Point } from "../../src/operators/snapshot.ts";
import { createTiles } from "../../src/operators/tiles.ts";

const NOW = 1_790_000_000_000;
const point = (time: number): Point => ({ time, viewers: 1, origin_bps: 1, peer_bps: 1, seeder_bps: 1, played_bps: 1, offload: null, fluency: null });
const figures = (title: string, viewers: number): ItemFigures => ({
  item: title,
  title,
  course: "c",
  kind: "class",
  viewers,
  seeders: 0,
  p2p_viewers: 0,
  origin_bps: 0,
  peer_bps: 0,
  seeder_bps: 0,
  played_bps: 0,
  offload: null,
  fluency: null,
  startup_p50: null,
  rejected: 0,
  origin_bytes: { media: 0, proofs: 0, playlists: 0, rest: 0, to_seeders: 0 },
  peer_bytes: 0,
  seeder_bytes: 0,
  played_bytes: 0,
});

describe("the history", () => {
  it("keeps one point for each five seconds, for an hour", () => {
    let points: readonly Point[] = [];
    for (let second = 0; second < 2 * 3600; second += 1) points = withPoint(points, point(NOW + second * 1000));
    expect(points.length).toBe(HISTORY / 5000);
    expect((points.at(-1)?.time ?? 0) - (points[0]?.time ?? 0)).toBeLessThan(HISTORY);
  });

  it("joins what came while it was fetched, once", () => {
    const history = [point(NOW), point(NOW + 5000)];
    expect(joined(history, [point(NOW + 4000), point(NOW + 10_000)]).map(({ time }) => time - NOW)).toEqual([0, 5000, 10_000]);
  });
});

describe("tiles and table", () => {
  it("define every number", () => {
    const { root } = createTiles(english);
    const asks = [...root.querySelectorAll("button")];
    expect(asks.length).toBe(root.querySelectorAll("dd").length);
    for (const ask of asks) {
      const id = ask.getAttribute("aria-describedby") ?? "";
      expect(root.querySelector(`#${id}`)?.textContent.length).toBeGreaterThan(20);
    }
  });

  it("show a dash for what is not known", () => {
    const tiles = createTiles(english);
    tiles.update(figures("x", 0));
    expect(tiles.root.querySelector(".offload dd")?.textContent).toBe("–");
  });

  it("put the most watched first and do not take titles for HTML", () => {
    const table = createItemTable(english);
    table.update([figures("<b>b</b>", 1), figures("a", 1), figures("c", 9)]);
    expect([...table.root.querySelectorAll("tbody a")].map((link) => link.textContent)).toEqual(["c", "<b>b</b>", "a"]);
    expect(ordered([figures("b", 1), figures("a", 1)]).map(({ title }) => title)).toEqual(["a", "b"]);
  });
});

class FakeSource extends EventTarget {
  static made: FakeSource[] = [];
  closed = false;
  constructor(readonly address: string) {
    super();
    FakeSource.made.push(this);
  }
  close(): void {
    this.closed = true;
  }
}

describe("the feed", () => {
  beforeEach(() => {
    FakeSource.made = [];
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", FakeSource);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const listen = (): { states: boolean[]; seen: unknown[]; feed: SnapshotFeed } => {
    const states: boolean[] = [];
    const seen: unknown[] = [];
    const feed = new SnapshotFeed({ onSnapshot: (snapshot) => seen.push(snapshot), onConnected: (connected) => states.push(connected) });
    return { states, seen, feed };
  };
  const say = (data: string): void => {
    FakeSource.made.at(-1)?.dispatchEvent(new MessageEvent("snapshot", { data }));
  };

  it("connects again after a loss, slower each time, and says so", () => {
    const { states, seen, feed } = listen();
    say('{"now":1}');
    FakeSource.made[0]?.dispatchEvent(new Event("error"));
    expect(states).toEqual([true, false]);
    vi.advanceTimersByTime(1000);
    FakeSource.made[1]?.dispatchEvent(new Event("error"));
    vi.advanceTimersByTime(1999);
    expect(FakeSource.made.length).toBe(2);
    vi.advanceTimersByTime(1);
    say('{"now":2}');
    expect(FakeSource.made.map(({ closed }) => closed)).toEqual([true, true, false]);
    expect(seen).toEqual([{ now: 1 }, { now: 2 }]);
    expect(states.at(-1)).toBe(true);
    feed.close();
  });

  it("takes silence for a loss", () => {
    const { states, feed } = listen();
    say('{"now":1}');
    vi.advanceTimersByTime(8000);
    expect(states.at(-1)).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(FakeSource.made.length).toBe(2);
    feed.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.made.length).toBe(2);
  });
});
