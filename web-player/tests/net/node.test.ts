// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PEER } from "../../src/engine/codec.ts";
import type { Connection } from "../../src/engine/messages.ts";
import { writeSdp } from "../../src/engine/sdp.ts";
import { Node } from "../../src/net/node.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { FakeSocket } from "./fake-socket.ts";

const CONNECTION: Connection = { ufrag: "aB3+", password: "p".repeat(22), setup: 0, candidates: [] };
const PRINT = new Uint8Array(32).fill(7);
const DIGITS = Array.from(PRINT, (byte) => byte.toString(16).padStart(2, "0")).join(":");

class FakeChannel extends EventTarget {
  readyState = "open";
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];

  send(data: Uint8Array): void {
    this.sent.push(data);
  }
}

class FakeRtc extends EventTarget {
  static made: FakeRtc[] = [];
  static generateCertificate = () => Promise.resolve({ getFingerprints: () => [{ algorithm: "sha-256", value: DIGITS }] });
  connectionState = "connected";
  remoteDescription = null;
  localDescription = { sdp: writeSdp(CONNECTION, PRINT) };
  closed = false;
  readonly channels: FakeChannel[] = [];
  readonly setRemoteDescription = () => Promise.resolve();
  readonly setLocalDescription = () => Promise.resolve();
  readonly createAnswer = () => Promise.resolve({});

  constructor() {
    super();
    FakeRtc.made.push(this);
  }

  createDataChannel(): FakeChannel {
    const channel = new FakeChannel();
    this.channels.push(channel);
    return channel;
  }

  opens(): void {
    for (const channel of this.channels) channel.dispatchEvent(new Event("open"));
  }

  close(): void {
    this.closed = true;
  }

  /** What went over the control channel. */
  get said(): unknown[] {
    return (this.channels[0]?.sent ?? []).map((data) => PEER.decode(data));
  }
}

let mode = "mesh";

beforeEach(() => {
  mode = "mesh";
  FakeRtc.made = [];
  FakeSocket.opened = [];
  FakeSocket.answers = true;
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.stubGlobal("RTCPeerConnection", FakeRtc);
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({
    ticket: "t", expires: Date.now() + 120_000, mode, tracker: "/tracker", stun: [], upload: 0,
  })));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function offer(tracker: FakeSocket | undefined, peer: number, role = 0): void {
  const named = { peer: new Uint8Array(16).fill(peer), role, fingerprint: new Uint8Array(32).fill(peer), offer: 1 };
  tracker?.say({ type: "Offered", ...named, connection: CONNECTION });
}

/** A node that has joined, with one open link and one under way. */
async function joined() {
  const clock = new FakeClock();
  const settings = { course: "c", agent: "test", cacheBytes: 1e6, uploads: true, rtc: true, backed: () => false, degree: 8, most: 16 };
  const listener = {
    finished: () => undefined,
    failed: () => undefined,
    demanded: () => undefined,
    changed: () => undefined,
  };
  const node = new Node({ ...settings, base: new URL("http://origin/") }, listener, clock);
  node.watch("i", () => ({ position: 0, first: -1, last: -1 }));
  node.join();
  await settled();
  const [tracker] = FakeSocket.opened;
  tracker?.say({ type: "Welcome", peer: new Uint8Array(16), announceMs: 10_000, reportMs: 5000, now: Date.now() });
  offer(tracker, 1);
  offer(tracker, 2);
  await settled();
  FakeRtc.made[0]?.opens();
  expect(node.links.peers).toBe(1);
  return { node, clock, tracker };
}

const leaves = expect.objectContaining({ type: "Bye", reason: "leave" }) as unknown;

describe("a node that leaves", () => {
  it("says goodbye to its neighbours and the tracker, and closes all connections though its clock has ended", async () => {
    const { node, tracker } = await joined();
    node.close();
    expect(FakeRtc.made[0]?.said.at(-1)).toEqual(leaves);
    expect(FakeRtc.made.map(({ closed }) => closed)).toEqual([false, true]);
    vi.advanceTimersByTime(20);
    expect(FakeRtc.made.map(({ closed }) => closed)).toEqual([true, true]);
    expect(tracker?.sent.at(-1)).toEqual({ type: "Leave", item: "i" });
    expect(tracker?.closed).toBe(true);
  });

  it("says goodbye when the viewer switches P2P off, and goes on reporting", async () => {
    const { node, tracker } = await joined();
    node.setMeeting(false);
    expect(FakeRtc.made[0]?.said.at(-1)).toEqual(leaves);
    vi.advanceTimersByTime(20);
    expect(FakeRtc.made.every(({ closed }) => closed)).toBe(true);
    expect([node.links.peers, node.exchange.uploading, tracker?.closed]).toEqual([0, false, false]);
    expect(tracker?.sent.at(-1)).toMatchObject({ type: "Announce", slots: 0, want: 0 });
  });

  it("does so too when a renewed ticket switches P2P off, until another one allows it", async () => {
    const { node, clock, tracker } = await joined();
    mode = "off";
    await clock.run(80_500);
    expect(FakeRtc.made[0]?.said.at(-1)).toEqual(leaves);
    vi.advanceTimersByTime(20);
    expect(FakeRtc.made[0]?.closed).toBe(true);
    offer(tracker, 3);
    expect([FakeRtc.made.length, node.links.peers, node.exchange.uploading]).toEqual([2, 0, false]);
    mode = "mesh";
    await clock.run(100_000);
    expect([node.meets, node.exchange.uploading]).toEqual([true, true]);
    offer(tracker, 3);
    expect(FakeRtc.made).toHaveLength(3);
  });

  it("uploads for no ticket what the viewer does not want", async () => {
    const { node, clock } = await joined();
    node.setMeeting(false);
    mode = "off";
    await clock.run(80_500);
    mode = "mesh";
    await clock.run(100_000);
    expect([node.meets, node.exchange.uploading]).toEqual([false, false]);
  });
});

describe("a node with a stricter ticket", () => {
  it("parts with viewers, keeps seeders, and answers no viewer any more", async () => {
    const { node, clock, tracker } = await joined();
    offer(tracker, 9, 1);
    await settled();
    FakeRtc.made[2]?.opens();
    expect(node.links).toEqual({ peers: 2, seeders: 1 });
    mode = "seeders";
    await clock.run(80_500);
    expect(FakeRtc.made[0]?.said.at(-1)).toEqual(leaves);
    expect(node.links).toEqual({ peers: 1, seeders: 1 });
    expect(node.exchange.uploading).toBe(true);
    const made = FakeRtc.made.length;
    offer(tracker, 4);
    tracker?.say({ type: "Candidates", item: "i", peers: [{ peer: new Uint8Array(16).fill(5), role: 0, position: 0, first: 0, last: 0 }] });
    expect(FakeRtc.made).toHaveLength(made);
    offer(tracker, 6, 1);
    expect(FakeRtc.made).toHaveLength(made + 1);
  });
});

describe("a node of one course", () => {
  const standing = () => ({ position: 7, first: 5, last: 9 });

  it("announces two items over one connection, and keeps it from one lecture to the next", async () => {
    const { node, tracker } = await joined();
    node.watch("j", standing);
    expect(tracker?.sent.at(-2)).toMatchObject({ type: "Announce", item: "i", neighbours: [new Uint8Array(16).fill(1)] });
    expect(tracker?.sent.at(-1)).toMatchObject({ type: "Announce", item: "j", position: 7, neighbours: [new Uint8Array(16).fill(1)] });
    node.leave("i");
    expect(tracker?.sent.at(-1)).toEqual({ type: "Leave", item: "i" });
    expect([node.links.peers, FakeRtc.made[0]?.closed]).toEqual([1, false]);
    node.close();
    expect(tracker?.sent.at(-1)).toEqual({ type: "Leave", item: "j" });
  });

  it("goes on downloading from its neighbours when its uploads are off, and is sent to nobody", async () => {
    const { node, tracker } = await joined();
    node.setUploads(false);
    expect([node.exchange.uploading, node.links.peers]).toEqual([false, 1]);
    expect(tracker?.sent.at(-1)).toMatchObject({ type: "Announce", slots: 0, want: 4 });
    node.setUploads(true);
    expect(tracker?.sent.at(-1)).toMatchObject({ type: "Announce", slots: 14 });
  });

  it("asks for more at once while the tracker knows some, and slowly when it does not", async () => {
    const { clock, tracker } = await joined();
    const announces = () => tracker?.sent.filter(({ type }) => type === "Announce").length ?? 0;
    const before = announces();
    tracker?.say({ type: "Candidates", item: "i", peers: [{ peer: new Uint8Array(16).fill(5), role: 0, position: 0, first: 0, last: 0 }] });
    await clock.run(1500);
    expect(announces()).toBe(before + 1);
    await clock.run(9999);
    expect(announces()).toBe(before + 1);
  });
});
