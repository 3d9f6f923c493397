import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/engine/exchange.ts";
import { VIEWER } from "../../src/engine/messages.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";
import { capacityOf } from "../../src/hls/capacity.ts";

const SETTINGS = { role: VIEWER, agent: "t", cacheBytes: 1 << 20, uploads: false, uploadBytesPerSecond: 0, backed: () => false };

/** An exchange that measured these rates in bytes/s. */
function measured(http: number, peers: readonly number[]): Exchange {
  const exchange = new Exchange(SETTINGS, PARAMETERS);
  if (http > 0) exchange.downloads.httpRate.busy(0);
  if (http > 0) exchange.downloads.httpRate.add(http, 1000);
  for (const [index, rate] of peers.entries()) {
    const peer = String(index).padStart(32, "0");
    exchange.peerOpened(peer, VIEWER, 0);
    if (rate === 0) continue;
    exchange.neighbours.get(peer)?.rate.busy(0);
    exchange.neighbours.get(peer)?.rate.add(rate, 1000);
  }
  return exchange;
}

describe("the capacity of the sources", () => {
  it.each([
    ["nothing was measured", 0, [0, 0], 0],
    ["HTTP is fastest", 900, [300, 400, 500], 900],
    ["peers share one downlink", 300, [1000, 1000, 1000, 1000], 1000],
    ["a peer was never measured", 300, [0, 200], 300],
  ])("when %s", (_, http, peers, rate) => {
    expect(capacityOf(measured(http, peers)).rate).toBe(rate);
  });
});
