// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { Exchange } from "../../src/engine/exchange.ts";
import { SEEDER, VIEWER } from "../../src/engine/messages.ts";
import type { ToTracker } from "../../src/engine/messages.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";
import type { Mesh } from "../../src/net/mesh.ts";
import { Presence } from "../../src/net/presence.ts";
import { FakeClock } from "./fake-clock.ts";

const MIB = 1024 * 1024;
const name = (digit: number): string => digit.toString(16).padStart(2, "0").repeat(16);

/** A viewer with nine neighbours: a seeder, seven who are busy with it, and one who does nothing. */
function crowd() {
  const clock = new FakeClock();
  const own = { role: VIEWER, agent: "t", cacheBytes: MIB, uploads: true, uploadBytesPerSecond: 0, backed: () => false };
  const exchange = new Exchange(own, PARAMETERS);
  // Of this name the lot does not keep the idle one.
  exchange.me = name(90);
  const avoided: string[] = [];
  const parted: string[] = [];
  const sent: ToTracker[] = [];
  const mesh = { slots: 3, wanted: 0, neighbours: [new Uint8Array(16)], takeFailed: () => [], avoid: (peer: string) => avoided.push(peer) };
  const presence = new Presence({
    clock,
    exchange,
    mesh: mesh as unknown as Mesh,
    degree: 8,
    send: (message) => sent.push(message) > 0,
    joined: () => true,
    meets: () => true,
    part: (peer) => {
      parted.push(peer);
      exchange.close(peer, "poor", clock.now());
    },
  });
  const busy = [1, 2, 3, 4, 5, 6, 7].map(name);
  for (const peer of [...busy, name(8)]) exchange.peerOpened(peer, VIEWER, clock.now());
  exchange.peerOpened(name(9), SEEDER, clock.now());
  const run = async (minutes: number): Promise<void> => {
    for (let turn = 0; turn < minutes * 6; turn += 1) {
      await clock.run(10_000);
      for (const peer of busy) {
        const neighbour = exchange.neighbours.get(peer);
        if (neighbour !== undefined) neighbour.useful += MIB;
      }
    }
  };
  return { presence, run, avoided, parted, sent, clock, exchange };
}

describe("a viewer's presence", () => {
  it("parts with the neighbour that is of no use, once, and tells the tracker not to bring it back", async () => {
    const { presence, run, avoided, parted } = crowd();
    presence.watch("i", () => ({ position: 0, first: -1, last: -1 }));
    await run(20);
    expect(parted).toEqual([name(8)]);
    expect(avoided).toEqual(parted);
  });

  it("says with every item how strained the uplink was, over no less than five seconds", async () => {
    const { presence, clock, exchange, sent } = crowd();
    let strain = 0;
    vi.spyOn(exchange.uploads, "strain").mockImplementation(() => (strain += 100));
    const announced = () => sent.splice(0).map((message) => message.type === "Announce" && [message.item, message.strain]);
    presence.watch("i", () => ({ position: 0, first: -1, last: -1 }));
    presence.watch("j", () => ({ position: 0, first: -1, last: -1 }));
    await clock.run(10_000);
    sent.splice(0);
    const before = strain;
    presence.announce();
    expect(announced()).toEqual([["i", before], ["j", before]]);
    await clock.run(5000);
    presence.announce();
    expect(announced()).toEqual([["i", before + 100], ["j", before + 100]]);
  });
});
