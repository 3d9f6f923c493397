// @vitest-environment happy-dom
import Hls from "hls.js";
import type { Fragment } from "hls.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abrControllerOf } from "../../src/hls/abr.ts";
import type { Remainder } from "../../src/hls/abr.ts";

const LEVELS = [{ maxBitrate: 500_000 }, { maxBitrate: 1_000_000 }, { maxBitrate: 4_000_000 }];
type Handler = (event: string, data: unknown) => void;

/** As much of hls.js as the controller touches. `left` is what is left of the load. */
function player({ left, buffered = 3, auto = true, ours = true }: { left?: Remainder; buffered?: number; auto?: boolean; ours?: boolean }) {
  const handlers = new Map<string, Handler>();
  const abortRequests = vi.fn();
  const frag = { type: "main", level: 2, sn: 7, duration: 4, stats: { loading: {} }, abortRequests } as unknown as Fragment;
  const hls = {
    logger: Object.fromEntries(["log", "warn", "debug", "info", "error", "trace"].map((name) => [name, vi.fn()])),
    config: { ...Hls.DefaultConfig },
    on: (event: string, handler: Handler, self: unknown) => { handlers.set(event, handler.bind(self)); },
    off: vi.fn(),
    trigger: vi.fn(),
    levels: LEVELS,
    minAutoLevel: 0,
    autoLevelEnabled: auto,
    media: { paused: false, playbackRate: 1, readyState: 4 },
    mainForwardBufferInfo: { len: buffered },
    nextLoadLevel: -1,
    nextAutoLevel: -1,
  };
  const Controller = abrControllerOf(Hls, { loads: () => ours, left: () => left, cached: new WeakSet() });
  const controller = new Controller(hls as unknown as Hls);
  handlers.get(Hls.Events.FRAG_LOADING)?.(Hls.Events.FRAG_LOADING, { frag, targetBufferTime: 0 });
  return { hls, controller, abortRequests };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("a load through the engine", () => {
  it("is left for the best quality in time when its rest would come too late", () => {
    const { hls, controller, abortRequests } = player({ left: { bytes: 2_000_000, rate: 200_000 } });
    vi.advanceTimersByTime(1000);
    expect(abortRequests).toHaveBeenCalledTimes(1);
    expect([hls.nextLoadLevel, hls.trigger.mock.calls[0]?.[0]]).toEqual([1, Hls.Events.FRAG_LOAD_EMERGENCY_ABORTED]);
    controller.destroy();
  });

  it("is left for the lowest quality when none would come in time", () => {
    const { hls } = player({ left: { bytes: 2_000_000, rate: 30_000 } });
    vi.advanceTimersByTime(1000);
    expect(hls.nextLoadLevel).toBe(0);
  });

  it.each([
    ["it waits on purpose and would still be in time", { left: { bytes: 2_000_000, rate: 1_000_000 } }],
    ["nearly all of it is here", { left: { bytes: 10_000, rate: 30_000 }, buffered: 0.5 }],
    ["it is finished", {}],
    ["the viewer chose the quality", { left: { bytes: 2_000_000, rate: 30_000 }, auto: false }],
    ["nothing is known of the sources", { left: { bytes: 2_000_000, rate: 0 } }],
    ["a lower quality would not be faster", { left: { bytes: 100_000, rate: 30_000 }, buffered: 1 }],
  ])("is kept when %s", (_, settings) => {
    const { abortRequests } = player(settings);
    vi.advanceTimersByTime(5000);
    expect(abortRequests).not.toHaveBeenCalled();
  });
});
