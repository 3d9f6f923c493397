// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FROM_TRACKER, TO_TRACKER } from "../../src/engine/codec.ts";
import type { FromTracker, ToTracker } from "../../src/engine/messages.ts";
import { GrantError } from "../../src/net/grant.ts";
import type { Grant } from "../../src/net/grant.ts";
import { TrackerSocket, retryMs } from "../../src/net/tracker-socket.ts";
import { FakeClock, settled } from "./fake-clock.ts";

/** The tracker's end of a WebSocket. */
class FakeSocket extends EventTarget {
  static opened: FakeSocket[] = [];
  bufferedAmount = 0;
  closed = false;
  readonly sent: ToTracker[] = [];

  constructor() {
    super();
    FakeSocket.opened.push(this);
  }

  send(data: Uint8Array): void {
    this.sent.push(TO_TRACKER.decode(data));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }

  say(message: FromTracker): void {
    this.raw(FROM_TRACKER.encode(message).slice().buffer);
  }

  raw(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

const WELCOME: FromTracker = { type: "Welcome", peer: new Uint8Array(16), announceMs: 10_000, reportMs: 5000, now: Date.now() };

function conversation(grants?: () => Promise<Grant>) {
  const clock = new FakeClock();
  const heard: string[] = [];
  const grant = vi.fn(grants ?? (() => Promise.resolve({
    ticket: "t", expires: Date.now() + 120_000, mode: "mesh" as const, tracker: "/tracker", stun: [], upload: 0,
  })));
  const listener = {
    granted: () => heard.push("granted"),
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
