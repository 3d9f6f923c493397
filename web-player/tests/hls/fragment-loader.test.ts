// @vitest-environment happy-dom
import { LoadStats } from "hls.js";
import type { FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderStats } from "hls.js";
import { describe, expect, it } from "vitest";
import { idText, prove } from "../../src/engine/identity.ts";
import type { Listing } from "../../src/engine/library.ts";
import type { Customer, Order } from "../../src/hls/deliveries.ts";
import { fragmentLoaderOf } from "../../src/hls/fragment-loader.ts";
import { segment } from "../engine/vectors.ts";

const DATA = segment(20_000, 3);
const ID = idText(prove(DATA).id);
const LISTING: Listing = { key: { item: "i", track: "v720" }, sequence: 7, id: ID, size: DATA.length, live: true };
const CONFIG = {} as LoaderConfiguration;

/** Stands for hls.js's own loader; `bytes` are what the origin answers. */
function plainLoader(bytes: Uint8Array<ArrayBuffer>) {
  return class implements Loader<FragmentLoaderContext> {
    static aborted = 0;
    context: FragmentLoaderContext | null = null;
    stats: LoaderStats = new LoadStats();
    load(context: FragmentLoaderContext, _: LoaderConfiguration, callbacks: LoaderCallbacks<FragmentLoaderContext>): void {
      if (this.stats.loading.start > 0) throw new Error("a loader can be used once");
      queueMicrotask(() => {
        callbacks.onSuccess({ url: context.url, data: bytes.slice().buffer, code: 200 }, this.stats, context, null);
      });
    }
    abort(): void {
      (this.constructor as unknown as { aborted: number }).aborted += 1;
    }
    destroy(): void {
      this.abort();
    }
  };
}

function setUp({ listed = true, origin = DATA }: { listed?: boolean; origin?: Uint8Array<ArrayBuffer> } = {}) {
  const orders: { order: Order; customer: Customer }[] = [];
  const cancelled: string[] = [];
  const handed: [string, number, number][] = [];
  const cached = new Set<LoaderStats>();
  const FragmentLoader = fragmentLoaderOf({
    cached: (stats) => cached.add(stats),
    listed: () => (listed ? LISTING : undefined),
    order: (order, customer) => orders.push({ order, customer }),
    cancel: (id) => cancelled.push(id),
    capacity: () => ({ rate: 1_000_000, roundTrip: 50 }),
    handedOver: (id, data, http) => handed.push([id, data.length, http]),
    recorder: undefined,
  });
  const loader = new FragmentLoader({ loader: plainLoader(origin) } as unknown as HlsConfig);
  const said: string[] = [];
  const load = (extra: Partial<FragmentLoaderContext> = {}): Promise<string> =>
    new Promise((resolve) => {
      const plain: unknown = { url: `http://origin/media/${ID}.m4s`, part: null, frag: { start: 10, duration: 3.84 }, ...extra };
      const context = plain as FragmentLoaderContext;
      const end = (word: string): void => {
        said.push(word);
        resolve(word);
      };
      loader.load(context, CONFIG, {
        onSuccess: ({ data }) => { end(`good ${String((data as ArrayBuffer).byteLength)}`); },
        onError: ({ text }) => { end(text); },
        onTimeout: () => { end("timeout"); },
        onAbort: () => { end("aborted"); },
      });
    });
  return { loader, load, orders, cancelled, handed, cached, said };
}

describe("the fragment loader", () => {
  it("orders listed segments of the engine, and says how fast the sources are", async () => {
    const { loader, load, orders, handed, cached } = setUp();
    const loaded = load();
    expect([loader.stats.loaded, orders[0]?.order]).toEqual([0, { listing: LISTING, start: 10, duration: 3.84 }]);
    orders[0]?.customer.delivered(DATA.slice(), [["http", 20_000]]);
    expect(await loaded).toBe("good 20000");
    const { start, first, end } = loader.stats.loading;
    expect(end - start).toBeLessThanOrEqual(70.01);
    expect(first).toBeGreaterThanOrEqual(start);
    expect([handed, cached.size]).toEqual([[[ID, 20_000, 0]], 0]);
  });

  it("tells apart what came out of the cache", async () => {
    const { load, orders, cached } = setUp();
    const loaded = load();
    orders[0]?.customer.delivered(DATA.slice(), []);
    await loaded;
    expect(cached.size).toBe(1);
  });

  it("falls to plain HTTP inside the same load when the engine gives up", async () => {
    const { load, orders, handed } = setUp();
    const loaded = load();
    orders[0]?.customer.gaveUp();
    expect(await loaded).toBe("good 20000");
    expect(handed).toEqual([[ID, 20_000, 20_000]]);
  });

  it.each([
    ["a segment", DATA.map((byte, at) => (at === 5 ? byte ^ 1 : byte))],
    ["an empty answer", new Uint8Array()],
    ["a cut answer", DATA.slice(0, 19_999)],
  ])("refuses wrong bytes from plain HTTP: %s", async (_, origin) => {
    const { load, handed } = setUp({ listed: false, origin });
    expect(await load()).not.toMatch(/^good/);
    expect(handed).toEqual([]);
  });

  it("checks initialisation segments by their names too", async () => {
    const url = `http://origin/media/${ID}.mp4`;
    expect(await setUp({ listed: false }).load({ url })).toBe("good 20000");
    expect(await setUp({ listed: false, origin: segment(9, 9) }).load({ url })).not.toMatch(/^good/);
  });

  it("leaves parts, byte ranges and other names to hls.js's loader", async () => {
    const origin = segment(9, 9);
    for (const extra of [{ part: {} }, { rangeStart: 0, rangeEnd: 9 }, { url: "http://origin/other.m4s" }]) {
      const { load, orders } = setUp({ listed: !("url" in extra), origin });
      expect(await load(extra as Partial<FragmentLoaderContext>)).toBe("good 9");
      expect(orders).toEqual([]);
    }
  });

  it("cancels the order when it is aborted, once, and is silent when destroyed", async () => {
    const { loader, load, cancelled } = setUp();
    const loaded = load();
    loader.abort();
    loader.abort();
    loader.destroy();
    expect(await loaded).toBe("aborted");
    expect([cancelled, loader.stats.aborted]).toEqual([[ID], true]);
    const other = setUp();
    void other.load();
    other.loader.destroy();
    expect([other.cancelled, other.said]).toEqual([[ID], []]);
  });
});
