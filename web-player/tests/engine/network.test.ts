// @vitest-environment node
import { describe, expect, it } from "vitest";
import { decodeBlocks, encodeBlocks } from "../../src/engine/blocks.ts";
import { PEER } from "../../src/engine/codec.ts";
import type { ExchangeEvent } from "../../src/engine/exchange-events.ts";
import { idBytes } from "../../src/engine/identity.ts";
import type { PeerMessage } from "../../src/engine/messages.ts";
import { hex } from "./vectors.ts";
import { Network } from "./memory-network.ts";

const A = "aa".repeat(16);
const B = "bb".repeat(16);
const C = "cc".repeat(16);
const D = "dd".repeat(16);

function bytesOf(net: Network, name: string, id: string): string {
  return hex(net.peer(name).data(id) ?? new Uint8Array());
}

function origin(net: Network, id: string): string {
  return hex(net.objects.get(id) ?? new Uint8Array());
}

function network(names: readonly string[], options = {}): Network {
  const net = new Network(options);
  names.forEach((name) => net.add(name));
  names.forEach((one, index) => {
    for (const other of names.slice(index + 1)) net.connect(one, other);
  });
  return net;
}

describe("exchanges over a network in memory", () => {
  it("take one copy over HTTP for six viewers of a live class", () => {
    const names = [A, B, C, D, "ee".repeat(16), "ff".repeat(16)];
    const net = network(names);
    names.forEach((name) => net.peer(name).duties.set("class-1", { stripe: name === A ? 0 : -1, stripes: 1, members: 6 }));
    net.run(100);
    for (let sequence = 0; sequence < 4; sequence += 1) {
      const listing = net.listing(sequence);
      names.forEach((name) => { net.peer(name).want(listing, net.now + 8000, net.now); });
      net.run(3840);
      for (const name of names) expect(bytesOf(net, name, listing.id)).toBe(origin(net, listing.id));
    }
    expect(net.httpBytes).toBe(4 * 250_000);
  });

  it("take one segment from three peers", () => {
    const net = network([A, B, C, D], { rate: 400_000 });
    const one = net.listing(0, 800_000);
    for (const name of [A, B, C]) net.store(name, one);
    net.run(100);
    net.peer(D).want(one, net.now + 8000, net.now);
    net.run(4000);
    expect(Object.keys(net.sources.get(`${D} ${one.id}`) ?? {}).sort()).toEqual([A, B, C]);
    expect(net.httpBytes).toBe(0);
  });

  it("finish over HTTP when a source falls silent", () => {
    const net = network([A, B]);
    const one = net.listing(0);
    net.store(A, one);
    net.run(100);
    net.hook = (name, event) => (name === A && event.type === "SendBlocks" ? undefined : event);
    const start = net.now;
    net.peer(B).want(one, start + 6000, start);
    net.run(6000);
    expect(net.finished.get(`${B} ${one.id}`)).toBeLessThanOrEqual(start + 5000);
    expect(bytesOf(net, B, one.id)).toBe(origin(net, one.id));
  });
});

type Attack = (event: ExchangeEvent) => ExchangeEvent | undefined;

function onBlocks(change: (data: Uint8Array) => Uint8Array): Attack {
  return (event) => {
    if (event.type !== "SendBlocks") return event;
    const { request, first, data } = decodeBlocks(event.data);
    return { ...event, data: encodeBlocks(request, first, change(data)) };
  };
}

function onProof(event: ExchangeEvent): ExchangeEvent {
  if (event.type !== "SendControl") return event;
  const message = PEER.decode(event.data);
  if (message.type !== "SegmentProof") return event;
  return { ...event, data: PEER.encode({ ...message, proof: message.proof.map((byte, at) => (at === 20 ? byte ^ 1 : byte)) }) };
}

describe("a peer that lies", () => {
  const attacks: [string, Attack, string][] = [
    ["with a flipped bit", onBlocks((data) => data.map((byte, at) => (at === 100 ? byte ^ 1 : byte))), "hash"],
    ["with a block cut short", onBlocks((data) => data.subarray(0, data.length - 7)), "hash"],
    ["with zeros", onBlocks((data) => new Uint8Array(data.length)), "hash"],
    ["with a wrong proof", onProof, "proof"],
  ];

  it.each(attacks)("%s is left, and changes nothing", (_, attack, reason) => {
    const net = network([A, B, C]);
    const one = net.listing(0);
    net.store(A, one);
    net.store(C, one);
    net.run(100);
    net.hook = (name, event) => (name === A ? attack(event) : event);
    net.peer(B).want(one, net.now + 6000, net.now);
    net.run(5000);
    expect(bytesOf(net, B, one.id)).toBe(origin(net, one.id));
    expect(net.closed).toContain(`${B} ${A} ${reason}`);
    expect(net.sources.get(`${B} ${one.id}`)).not.toHaveProperty(A);
  });
});

describe("a peer that breaks the rules is left", () => {
  const hello: PeerMessage = { type: "Hello", version: 1, role: 0, agent: "x", credit: 1000 };
  const good: PeerMessage = { type: "Track", handle: 1, item: "i", track: "t" };
  const segment = idBytes("A".repeat(43));
  const breaches: [string, PeerMessage[]][] = [
    ["who does not greet", [good]],
    ["who greets twice", [hello, hello]],
    ["of another version", [{ ...hello, version: 2 }]],
    ["who names an unknown track", [hello, { type: "Have", handle: 9, base: 0, bitmap: Uint8Array.of(255) }]],
    ["who names a track twice", [hello, good, { ...good, track: "other" }]],
    ["who gives credit without end", [hello, { type: "Credit", limit: 2 ** 40 }]],
  ];

  it.each(breaches)("%s", (_, messages) => {
    const exchange = new Network().add(A);
    exchange.peerOpened(B, 0, 1);
    for (const message of messages) exchange.controlReceived(B, PEER.encode(message), 2);
    expect(exchange.neighbours.has(B)).toBe(false);
  });

  it.each([["garbage", Uint8Array.of(0xc1)], ["nothing", new Uint8Array()]])("who says %s", (_, data) => {
    const exchange = new Network().add(A);
    exchange.peerOpened(B, 0, 1);
    exchange.controlReceived(B, data, 2);
    expect(exchange.neighbours.has(B)).toBe(false);
  });

  it("who sends what nobody asked for", () => {
    const exchange = new Network().add(A);
    exchange.peerOpened(B, 0, 1);
    exchange.blocksReceived(B, encodeBlocks(5, 0, Uint8Array.of(1)), 2);
    expect(exchange.neighbours.has(B)).toBe(false);
  });

  it("but not who asks for what is not there", () => {
    const exchange = new Network().add(A);
    exchange.peerOpened(B, 0, 1);
    exchange.controlReceived(B, PEER.encode(hello), 2);
    exchange.takeEvents();
    const want: PeerMessage = { type: "Want", request: 0, segment, first: 0, count: 1, deadline: 0, proof: false };
    exchange.controlReceived(B, PEER.encode(want), 3);
    const [answer] = exchange.takeEvents();
    expect(answer?.type === "SendControl" && PEER.decode(answer.data)).toEqual({ type: "Refuse", request: 0, reason: 0 });
    expect(exchange.neighbours.has(B)).toBe(true);
  });
});
