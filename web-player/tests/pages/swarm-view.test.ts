import { describe, expect, it } from "vitest";
import type { EngineReason, EngineState, EngineStats } from "../../src/engine-interface.ts";
import { chinese } from "../../src/language/chinese.ts";
import { english } from "../../src/language/english.ts";
import { swarmView, withoutEngine } from "../../src/watch/swarm-view.ts";

const stats = (state: EngineState, rest: Partial<EngineStats> = {}): EngineStats => ({
  ...withoutEngine(true, true),
  httpBytes: 1e6,
  peerBytes: 3e6,
  share: 0.754,
  peers: 5,
  state,
  ...rest,
});

describe("the swarm in words", () => {
  it("names share and peers when connected", () => {
    const view = swarmView(stats("connected"), english);
    expect(view.badge).toBe("P2P 75 % · 5 peers");
    expect(view.tone).toBe("on");
    expect(view.figures).toContainEqual(["From viewers", "3.00 MB"]);
    expect(swarmView(stats("connected"), chinese).badge).toBe("P2P 75 % · 5 个节点");
  });

  it("says why there is no P2P", () => {
    const reasons: EngineReason[] = ["insecure", "no-webrtc", "no-tracker", "mode-off", "switched-off"];
    const sentences = reasons.map((reason) => swarmView(stats("unavailable", { reason }), english).sentence);
    expect(new Set(sentences).size).toBe(reasons.length);
    expect(sentences[0]).toContain("HTTPS");
  });

  it("finds the reason itself when there is no engine", () => {
    expect(withoutEngine(false, true).reason).toBe("insecure");
    expect(withoutEngine(true, false).reason).toBe("no-webrtc");
    expect(withoutEngine(true, true).reason).toBeUndefined();
    expect(swarmView(withoutEngine(true, true), english).badge).toBe("P2P off");
  });

  it("shows refused blocks only when there are some", () => {
    const names = (view: ReturnType<typeof swarmView>): string[] => view.figures.map(([name]) => name);
    expect(names(swarmView(stats("connected"), english))).not.toContain(english.p2pRejected);
    expect(names(swarmView(stats("connected", { rejectedBlocks: 2 }), english))).toContain(english.p2pRejected);
  });
});
