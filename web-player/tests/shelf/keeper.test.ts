// @vitest-environment node
import { describe, expect, it } from "vitest";
import { idText, prove } from "../../src/engine/identity.ts";
import { Keeper } from "../../src/shelf/keeper.ts";
import type { Place } from "../../src/shelf/ledger.ts";
import { segment } from "../engine/vectors.ts";
import { FakeCaches } from "./fake-caches.ts";

const SIZE = 20_000;

function made(seed: number, size = SIZE): { place: Place; data: Uint8Array<ArrayBuffer> } {
  const data = segment(size, seed);
  return { place: { track: "v720", id: idText(prove(data).id), size }, data };
}

async function opened(caches: FakeCaches, { item = "i", now = 1, quota = 1e9 } = {}): Promise<Keeper> {
  const keeper = new Keeper(caches as unknown as CacheStorage, () => Promise.resolve(quota));
  await keeper.handle({ op: "open", item, now });
  return keeper;
}

const keep = (keeper: Keeper, seed: number) => keeper.handle({ op: "keep", ...made(seed) });

describe("a keeper", () => {
  it("has after a reload what it kept, and says how much", async () => {
    const caches = new FakeCaches();
    const first = await opened(caches);
    expect((await keep(first, 1)).good).toBe(true);
    expect((await keep(first, 2)).kept).toEqual({ bytes: 2 * SIZE, lectures: 1, most: 2e8 });
    const again = new Keeper(caches as unknown as CacheStorage, () => Promise.resolve(1e9));
    expect((await again.handle({ op: "open", item: "i", now: 2 })).places).toEqual([made(1).place, made(2).place]);
    expect((await again.handle({ op: "count" })).kept).toEqual({ bytes: 2 * SIZE, lectures: 1, most: 2e8 });
    expect((await again.handle({ op: "read", place: made(2).place })).data).toEqual(made(2).data);
    expect(await again.handle({ op: "check", place: made(1).place })).toEqual({ good: true });
  });

  it.each([
    ["changed", (data: Uint8Array<ArrayBuffer>) => data.map((byte, index) => (index === 17_000 ? byte ^ 1 : byte))],
    ["cut", (data: Uint8Array<ArrayBuffer>) => data.slice(0, -1)],
    ["emptied", () => new Uint8Array()],
  ])("drops a segment that was %s behind its back", async (_, spoil) => {
    const caches = new FakeCaches();
    const keeper = await opened(caches);
    await keep(keeper, 1);
    await keep(keeper, 2);
    const entries = caches.named.get("banyan-shelf/i");
    const [path = ""] = caches.segments("banyan-shelf/i");
    entries?.set(path, spoil(entries.get(path) ?? new Uint8Array()));
    const answer = await keeper.handle({ op: "check", place: made(1).place });
    expect([answer.good, answer.gone, answer.kept?.bytes]).toEqual([false, [made(1).place.id], SIZE]);
    expect(caches.segments("banyan-shelf/i")).toHaveLength(1);
    expect(await keeper.handle({ op: "read", place: made(1).place })).toEqual({});
  });

  it("drops the lecture watched longest ago when its own limit is reached", async () => {
    const caches = new FakeCaches();
    const quota = 5 * 3.5 * SIZE;
    for (const [now, item] of ["old", "recent"].entries()) await keep(await opened(caches, { item, now, quota }), now);
    const keeper = await opened(caches, { item: "old", now: 7, quota });
    await keeper.handle({ op: "count" });
    await keep(keeper, 3);
    const answer = await keep(keeper, 4);
    expect([answer.good, answer.kept?.bytes]).toEqual([true, 3 * SIZE]);
    expect([...caches.named.keys()]).toEqual(["banyan-shelf/old"]);
    expect((await keep(keeper, 5)).gone).toEqual([made(0).place.id]);
  });

  it("keeps nothing that is larger than all it may keep", async () => {
    const caches = new FakeCaches();
    const keeper = await opened(caches, { quota: SIZE });
    expect((await keep(keeper, 1)).good).toBe(false);
    expect(caches.bytes).toBe(0);
  });

  it("is content with less when the browser has no room, and keeps on within it", async () => {
    const caches = new FakeCaches();
    const keeper = await opened(caches);
    for (const seed of [1, 2, 3]) await keep(keeper, seed);
    caches.room = 3.5 * SIZE;
    const refused = await keep(keeper, 4);
    expect([refused.good, refused.gone, refused.kept?.bytes]).toEqual([false, [made(1).place.id], 2 * SIZE]);
    expect((await keep(keeper, 5)).good).toBe(true);
    expect(caches.bytes).toBeLessThanOrEqual(3 * SIZE);
  });

  it("counts what another tab keeps", async () => {
    const caches = new FakeCaches();
    const quota = 5 * 8 * SIZE;
    const [one, other] = [await opened(caches, { item: "a", quota }), await opened(caches, { item: "b", quota })];
    for (let seed = 0; seed < 40; seed += 2) {
      await keep(one, seed);
      await keep(other, seed + 1);
      expect(caches.bytes).toBeLessThanOrEqual(10 * SIZE);
    }
  });

  it("clears everything of its own, and nothing else", async () => {
    const caches = new FakeCaches();
    await caches.open("somebody else's");
    await keep(await opened(caches, { item: "other" }), 1);
    const keeper = await opened(caches);
    await keep(keeper, 2);
    expect((await keeper.handle({ op: "clear" })).kept?.bytes).toBe(0);
    expect([...caches.named.keys()]).toEqual(["somebody else's"]);
    expect((await keep(keeper, 3)).kept?.lectures).toBe(1);
  });

  it("says so where the browser keeps nothing", async () => {
    const caches = new FakeCaches();
    caches.has = () => Promise.reject(new DOMException("private window", "SecurityError"));
    await expect(opened(caches)).rejects.toThrow("private window");
  });
});
