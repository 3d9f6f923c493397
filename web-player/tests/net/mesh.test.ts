// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import type { Connection, ToTracker } from "../../src/engine/messages.ts";
import { peerBytes, peerName } from "../../src/engine/peer-name.ts";
import { Mesh } from "../../src/net/mesh.ts";
import type { ConnectionListener, PeerConnection } from "../../src/net/rtc-connection.ts";
import { settled } from "./fake-clock.ts";

const CONNECTION: Connection = { ufrag: "aB3+", password: "p".repeat(22), setup: 0, candidates: [] };
const CANDIDATE = { kind: 0, foundation: "1", priority: 1, address: "10.0.0.1", port: 9 };
const name = (digit: number): string => digit.toString(16).padStart(2, "0").repeat(16);

const print = (certificate: number): Uint8Array => new Uint8Array(32).fill(certificate);

class FakeConnection {
  buffered = 0;
  alive = true;
  failed: string | undefined;
  readonly listener: ConnectionListener;
  readonly accept = vi.fn(() => Promise.resolve());
  readonly addCandidates = vi.fn();
  readonly offer = vi.fn(() => Promise.resolve(CONNECTION));
  readonly answer = vi.fn(() => Promise.resolve(CONNECTION));

  constructor(listener: ConnectionListener) {
    this.listener = listener;
  }

  fail(reason: string): void {
    if (this.failed !== undefined) return;
    this.failed = reason;
    this.listener.closed(reason);
  }
}

function mesh({ up = true, degree = 8, most = 3, refuses = 0 } = {}) {
  let left = refuses;
  const sent: ToTracker[] = [];
  const heard: string[] = [];
  const made: FakeConnection[] = [];
  const time = { now: 0 };
  const owner = new Mesh({
    listener: {
      linkOpened: (peer, role) => heard.push(`opened ${peer.slice(0, 2)} ${String(role)}`),
      linkClosed: (peer) => heard.push(`closed ${peer.slice(0, 2)}`),
      linkControl: () => heard.push("control"),
      linkBlocks: () => heard.push("blocks"),
      linkWavered: () => heard.push("wavered"),
      linkDrained: () => heard.push("drained"),
    },
    send: (message) => {
      sent.push(message);
      return up;
    },
    connect: (listener) => {
      left -= 1;
      if (left >= 0) throw new DOMException("too many", "UnknownError");
      const connection = new FakeConnection(listener);
      made.push(connection);
      return connection as unknown as PeerConnection;
    },
    now: () => time.now,
    degree,
    most,
  });
  const introduce = (...peers: number[]): void => {
    const list = peers.map((peer) => ({ peer: peerBytes(name(peer)), role: 0, position: 0, first: 0, last: 0 }));
    owner.candidates({ type: "Candidates", item: "i", peers: list });
  };
  const offered = (peer: number, offer = 7, certificate = peer): void => {
    const fingerprint = print(certificate);
    owner.offered({ type: "Offered", peer: peerBytes(name(peer)), role: 1, fingerprint, offer, connection: CONNECTION });
  };
  const answered = (peer: number, certificate = peer): void => {
    const to = sent.filter((message) => message.type === "Offer").find((message) => peerName(message.to) === name(peer));
    const said = { peer: peerBytes(name(peer)), role: 0, fingerprint: print(certificate), offer: to?.offer ?? -1 };
    owner.answered({ type: "Answered", ...said, connection: CONNECTION });
  };
  return { owner, sent, heard, made, time, introduce, offered, answered };
}

describe("the mesh", () => {
  it("offers to those it is introduced to, once each and while there is room", async () => {
    const { sent, made, introduce, owner } = mesh();
    introduce(1, 2);
    introduce(1, 3, 4);
    await settled();
    expect(made).toHaveLength(3);
    expect(sent.map(({ type }) => type)).toEqual(["Offer", "Offer", "Offer"]);
    expect([owner.slots, owner.wanted]).toEqual([0, 0]);
  });

  it("answers offers, takes late candidates of that offer alone, and forgets what is gone", async () => {
    const { owner, sent, made, offered } = mesh();
    offered(1);
    await settled();
    expect(sent[0]).toMatchObject({ type: "Answer", offer: 7 });
    const trickled = { type: "Trickled", peer: peerBytes(name(1)), candidates: [CANDIDATE] } as const;
    owner.trickled({ ...trickled, offer: 8 });
    owner.trickled({ ...trickled, offer: 7 });
    expect(made[0]?.addCandidates).toHaveBeenCalledTimes(1);
    owner.gone({ type: "Gone", peer: peerBytes(name(1)), offer: 7 });
    expect(made[0]?.failed).toBe("gone");
    expect(owner.takeFailed()).toHaveLength(1);
  });

  it("leaves no dead link where the browser makes no connection, and goes on with the others", async () => {
    const { owner, sent, made, introduce, offered } = mesh({ refuses: 2 });
    offered(1);
    introduce(2, 3);
    await settled();
    expect(made).toHaveLength(1);
    expect(sent.map((message) => message.type === "Offer" && peerName(message.to))).toEqual([name(3)]);
    expect([owner.slots, owner.takeFailed().map(peerName)]).toEqual([2, [name(1), name(2)]]);
    introduce(2);
    expect(made).toHaveLength(2);
  });

  it("takes no answer to an offer it did not make", async () => {
    const { owner, made, introduce, sent } = mesh();
    introduce(1);
    await settled();
    const [first] = sent;
    const offer = first?.type === "Offer" ? first.offer : -1;
    const answered = { type: "Answered", peer: peerBytes(name(1)), role: 0, fingerprint: new Uint8Array(32) } as const;
    owner.answered({ ...answered, offer: (offer + 1) % 2 ** 32, connection: CONNECTION });
    owner.answered({ ...answered, peer: peerBytes(name(2)), offer, connection: CONNECTION });
    expect(made[0]?.accept).not.toHaveBeenCalled();
    owner.answered({ ...answered, offer, connection: CONNECTION });
    expect(made[0]?.accept).toHaveBeenCalledTimes(1);
  });

  it("replaces a link under way by the offer of the same peer, and open links outlive Gone", async () => {
    const { owner, made, heard, offered } = mesh();
    offered(1);
    offered(1);
    await settled();
    expect(made[0]?.failed).toBe("replaced");
    made[1]?.listener.opened();
    owner.gone({ type: "Gone", peer: peerBytes(name(1)), offer: 7 });
    expect(heard).toEqual(["opened 01 1"]);
    expect(owner.neighbours).toHaveLength(1);
  });

  it("never meets a peer at fault again for ten minutes", async () => {
    const { owner, made, heard, time, introduce, offered } = mesh();
    introduce(1);
    await settled();
    made[0]?.listener.opened();
    owner.part(name(1), "hash", true);
    expect(heard.at(-1)).toBe("closed 01");
    introduce(1);
    offered(1);
    expect(made).toHaveLength(1);
    time.now = 600_001;
    introduce(1);
    expect(made).toHaveLength(2);
  });

  it("keeps no half-made link while the tracker is away", async () => {
    const { owner, made, introduce } = mesh({ up: false });
    introduce(1);
    await settled();
    expect(made[0]?.failed).toBe("no tracker");
    expect(owner.slots).toBe(3);
  });

  it("lets the offer of the lower peer id stand when two cross", async () => {
    const { owner, sent, made, introduce, offered } = mesh();
    owner.me = name(5);
    introduce(9, 1);
    await settled();
    offered(9);
    offered(1);
    await settled();
    expect(made.map(({ failed }) => failed)).toEqual([undefined, "replaced", undefined]);
    expect(sent.map(({ type }) => type)).toEqual(["Offer", "Offer", "Answer"]);
    expect(owner.takeFailed()).toEqual([]);
  });

  it("answers whom it only means to offer to", async () => {
    const { owner, sent, introduce, offered } = mesh();
    owner.me = name(5);
    introduce(9);
    offered(9);
    await settled();
    expect(sent.map(({ type }) => type)).toEqual(["Answer"]);
  });

  it("knows a neighbour again by its certificate, and keeps the older connection", async () => {
    const { owner, made, heard, introduce, offered, answered } = mesh();
    offered(1);
    await settled();
    made[0]?.listener.opened();
    offered(2, 8, 1);
    expect(made).toHaveLength(1);
    expect(owner.neighbours).toEqual([peerBytes(name(2))]);
    introduce(2);
    expect(made).toHaveLength(1);
    introduce(3);
    await settled();
    answered(3, 1);
    expect(made[1]?.failed).toBe("known");
    expect(made[1]?.accept).not.toHaveBeenCalled();
    expect(owner.neighbours).toEqual([peerBytes(name(3))]);
    expect([owner.takeFailed(), owner.slots, heard]).toEqual([[], 2, ["opened 01 1"]]);
  });

  it("prefers a new connection to one whose other side is silent", async () => {
    const { owner, made, heard, introduce, offered, answered } = mesh();
    offered(1);
    await settled();
    made[0]?.listener.opened();
    if (made[0] !== undefined) made[0].alive = false;
    offered(2, 8, 1);
    await settled();
    expect(made[0]?.failed).toBe("silent");
    made[1]?.listener.opened();
    if (made[1] !== undefined) made[1].alive = false;
    introduce(3);
    await settled();
    answered(3, 1);
    expect(made[2]?.accept).toHaveBeenCalledTimes(1);
    made[2]?.listener.opened();
    expect(heard).toEqual(["opened 01 1", "closed 01", "opened 02 1", "closed 02", "opened 03 0"]);
    expect(owner.neighbours).toEqual([peerBytes(name(3))]);
  });

  it("bans a certificate, whatever name its bearer comes back with", async () => {
    const { owner, made, introduce, offered, answered } = mesh();
    offered(1);
    await settled();
    made[0]?.listener.opened();
    owner.part(name(1), "hash", true);
    offered(2, 8, 1);
    expect(made).toHaveLength(1);
    introduce(3);
    await settled();
    answered(3, 1);
    expect(made[1]?.failed).toBe("banned");
  });

  it("looks for another while a neighbour does not answer, and gives that one up no sooner", async () => {
    const { owner, made, heard, offered } = mesh({ degree: 2 });
    for (const peer of [1, 2]) offered(peer);
    await settled();
    for (const one of made) one.listener.opened();
    expect(owner.wanted).toBe(0);
    if (made[0] !== undefined) made[0].alive = false;
    made[0]?.listener.wavered();
    expect([owner.wanted, owner.neighbours.length, heard.at(-1)]).toEqual([1, 2, "wavered"]);
    if (made[0] !== undefined) made[0].alive = true;
    expect(owner.wanted).toBe(0);
  });

  it("names whom it parted with for want of use, and gives up those of one role", async () => {
    const { owner, made, introduce, offered } = mesh();
    offered(1);
    introduce(2);
    await settled();
    for (const one of made) one.listener.opened();
    owner.avoid(name(1));
    expect(owner.takeFailed().map(peerName)).toEqual([name(1)]);
    owner.close(1);
    expect(made.map(({ failed }) => failed)).toEqual(["closed", undefined]);
  });
});
