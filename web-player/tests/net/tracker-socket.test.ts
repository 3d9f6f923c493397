// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FromTracker, ToTracker } from "../../src/engine/messages.ts";
import { GrantError } from "../../src/net/grant.ts";
import type { Grant } from "../../src/net/grant.ts";
import { TrackerSocket, retryMs } from "../../src/net/tracker-socket.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { FakeSocket } from "./fake-socket.ts";

const WELCOME: FromTracker = { type: "Welcome", peer: new Uint8Array(16), announceMs: 10_000, reportMs: 5000, now: Date.now() };

const ANNOUNCE: ToTracker = {
  type: "Announce", item: "i", position: 0, first: -1, last: -1, slots: 0, want: 0, neighbours: [], failed: [], strain: 0,
};
const GRANT: Grant = { ticket: "t", expires: 0, mode: "mesh", tracker: "/tracker", stun: [], upload: 0 };

function conversation(grants?: () => Promise<Grant>) {
  const clock = new FakeClock();
  const heard: string[] = [];
  const grant = vi.fn(grants ?? (() => Promise.resolve({ ...GRANT, expires: Date.now() + 120_000 })));
  const listener = {
    granted: () => heard.push(`granted${FakeSocket.opened.at(-1)?.sent.at(-1)?.type === "Renew" ? " after Renew" : ""}`),
    heard: (message: FromTracker) => heard.push(message.type),
    lost: () => heard.push("lost"),
  };
  const socket = new TrackerSocket({ listener, clock, agent: "test", grant, url: () => "ws://x/tracker" });
  return { clock, heard, grant, socket };
}

function last(): FakeSocket {
  const socket = FakeSocket.opened.at(-1);
  if (socket === undefined) throw new Error("no socket");
  return socket;
}

beforeEach(() => {
  FakeSocket.opened = [];
  vi.stubGlobal("WebSocket", FakeSocket);
});

async function joined(talk: ReturnType<typeof conversation>): Promise<FakeSocket> {
  talk.socket.start();
  await settled();
  last().dispatchEvent(new Event("open"));
  last().say(WELCOME);
  return last();
}

describe("the conversation with the tracker", () => {
  it("joins with a ticket, and says nothing before it is welcome", async () => {
    const talk = conversation();
    talk.socket.start();
    await settled();
    last().dispatchEvent(new Event("open"));
    expect(last().sent).toEqual([{ type: "Join", version: 1, ticket: "t", agent: "test" }]);
    expect(talk.socket.send({ type: "Leave", item: "i" })).toBe(false);
    last().say(WELCOME);
    expect(talk.socket.send({ type: "Leave", item: "i" })).toBe(true);
    expect(talk.heard).toEqual(["granted", "Welcome"]);
  });

  it("renews the ticket before it ends", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    await talk.clock.run(81_000);
    expect(socket.sent.map(({ type }) => type)).toEqual(["Join", "Renew"]);
    expect(talk.grant).toHaveBeenCalledTimes(2);
    expect(talk.heard).toEqual(["granted", "Welcome", "granted after Renew"]);
  });

  it("comes back after it was lost, and not before the tracker asked", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    socket.say({ type: "Refused", reason: "restart", message: "", retry: 20_000 });
    socket.close();
    expect(talk.heard.at(-1)).toBe("lost");
    await talk.clock.run(19_000);
    expect(FakeSocket.opened).toHaveLength(1);
    await talk.clock.run(2000);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("goes on trying without a ticket", async () => {
    const talk = conversation(() => Promise.reject(new GrantError("away")));
    talk.socket.start();
    await talk.clock.run(60_000);
    expect(FakeSocket.opened).toHaveLength(0);
    expect(talk.grant.mock.calls.length).toBeGreaterThan(2);
    expect(talk.heard).not.toContain("granted");
  });

  it.each([
    ["a certificate", () => Promise.reject(new DOMException("no entropy", "OperationError"))],
    ["a ticket that can be read", () => Promise.reject(new TypeError("null"))],
  ])("goes on trying without %s", async (_, grants) => {
    const talk = conversation(grants);
    talk.socket.start();
    await talk.clock.run(60_000);
    expect(talk.grant.mock.calls.length).toBeGreaterThan(2);
    expect(talk.heard.at(-1)).toBe("lost");
  });

  it("goes on trying when the browser opens no WebSocket", async () => {
    const talk = conversation();
    vi.stubGlobal("WebSocket", class extends EventTarget {
      constructor() {
        super();
        throw new DOMException("blocked", "SecurityError");
      }
    });
    talk.socket.start();
    await settled();
    vi.stubGlobal("WebSocket", FakeSocket);
    expect(talk.heard).toEqual(["granted", "lost"]);
    await talk.clock.run(2001);
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("keeps its ticket when a fresh one fails to come, whatever the reason", async () => {
    let asked = 0;
    const talk = conversation(() => {
      asked += 1;
      return asked === 1 ? Promise.resolve({ ...GRANT, expires: Date.now() + 120_000 }) : Promise.reject(new TypeError("away"));
    });
    const socket = await joined(talk);
    await talk.clock.run(81_000);
    expect(asked).toBe(2);
    expect(socket.closed).toBe(false);
  });

  it("comes back with the ticket it has, while that lasts", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    socket.close();
    await talk.clock.run(2001);
    expect(FakeSocket.opened).toHaveLength(2);
    expect(talk.grant).toHaveBeenCalledTimes(1);
    last().dispatchEvent(new Event("open"));
    expect(last().sent).toMatchObject([{ type: "Join", ticket: "t" }]);
  });

  it("comes back with a fresh ticket when the old one ends soon, or was refused", async () => {
    const short = conversation(() => Promise.resolve({ ...GRANT, expires: Date.now() + 39_000 }));
    (await joined(short)).close();
    await short.clock.run(2001);
    expect(short.grant).toHaveBeenCalledTimes(2);
    const refused = conversation();
    const socket = await joined(refused);
    socket.say({ type: "Refused", reason: "ticket", message: "", retry: 0 });
    socket.close();
    await refused.clock.run(2001);
    expect(refused.grant).toHaveBeenCalledTimes(2);
  });

  it("tries ever more rarely where connections do not hold, and soon again after one that did", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const talk = conversation();
    await joined(talk);
    for (const pause of [2000, 4000, 8000]) {
      const made = FakeSocket.opened.length;
      last().close();
      await talk.clock.run(pause - 1);
      expect(FakeSocket.opened).toHaveLength(made);
      await talk.clock.run(1);
      expect(FakeSocket.opened).toHaveLength(made + 1);
      last().say(WELCOME);
    }
    await talk.clock.run(10_000);
    const made = FakeSocket.opened.length;
    last().close();
    await talk.clock.run(2000);
    expect(FakeSocket.opened).toHaveLength(made + 1);
  });

  it.each([["garbage", Uint8Array.of(0xc1).buffer], ["too much", new ArrayBuffer(70_000)]])("ends at %s", async (_, data) => {
    const talk = conversation();
    const socket = await joined(talk);
    socket.raw(data);
    expect(socket.closed).toBe(true);
    expect(talk.heard.at(-1)).toBe("lost");
  });

  it("leaves text frames alone, and is silent after the end", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    socket.raw("{}");
    expect(socket.closed).toBe(false);
    talk.socket.close();
    await talk.clock.run(100_000);
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("leaves a tracker that answers no announce, though its socket stands open", async () => {
    const talk = conversation();
    const dead = await joined(talk);
    talk.socket.send(ANNOUNCE);
    await talk.clock.run(4000);
    talk.socket.send(ANNOUNCE);
    await talk.clock.run(1999);
    expect(talk.heard.at(-1)).toBe("Welcome");
    await talk.clock.run(1);
    expect(talk.heard.at(-1)).toBe("lost");
    await talk.clock.run(2000);
    expect([dead.closed, FakeSocket.opened.length]).toEqual([true, 2]);
    last().say(WELCOME);
    dead.say(WELCOME);
    dead.dispatchEvent(new Event("close"));
    expect(talk.heard.filter((one) => one !== "granted")).toEqual(["Welcome", "lost", "Welcome"]);
    expect(talk.socket.send(ANNOUNCE)).toBe(true);
  });

  it("takes anything for a sign of life", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    for (let turn = 0; turn < 5; turn += 1) {
      talk.socket.send(ANNOUNCE);
      await talk.clock.run(5000);
      socket.say({ type: "Gone", peer: new Uint8Array(16), offer: 1 });
    }
    await talk.clock.run(20_000);
    expect([socket.closed, FakeSocket.opened.length]).toEqual([false, 1]);
  });

  it("has less patience with a connection in doubt, and brings the next try forward", async () => {
    const talk = conversation();
    const socket = await joined(talk);
    talk.socket.send(ANNOUNCE);
    talk.socket.doubt();
    await talk.clock.run(4000);
    expect([talk.heard.at(-1), socket.closed]).toEqual(["lost", true]);
    await talk.clock.run(2000);
    last().say({ type: "Refused", reason: "restart", message: "", retry: 60_000 });
    last().close();
    talk.socket.doubt();
    await talk.clock.run(1000);
    expect(FakeSocket.opened).toHaveLength(3);
    talk.socket.doubt();
    await talk.clock.run(4000);
    expect(FakeSocket.opened).toHaveLength(3);
  });

  it("does not wait for ever to be welcome", async () => {
    const talk = conversation();
    talk.socket.start();
    await settled();
    const first = last();
    await talk.clock.run(10_001);
    expect(first.closed).toBe(true);
  });
});

describe("the pause before another try", () => {
  it("begins at 0.2 to 2 s and ends at 30 s", () => {
    expect([retryMs(1, 0, 0), retryMs(1, 0, 1), retryMs(3, 0, 0), retryMs(50, 0, 1), retryMs(1, 40_000, 0)]).toEqual([
      200, 2000, 800, 30_000, 40_000,
    ]);
  });
});
