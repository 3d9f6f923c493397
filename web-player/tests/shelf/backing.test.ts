// @vitest-environment node
import { describe, expect, it } from "vitest";
import { PEER } from "../../src/engine/codec.ts";
import { Exchange } from "../../src/engine/exchange.ts";
import { idBytes, idText, prove } from "../../src/engine/identity.ts";
import type { Listing } from "../../src/engine/library.ts";
import { PEER_VERSION, VIEWER } from "../../src/engine/messages.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";
import type { Node } from "../../src/net/node.ts";
import { Backing } from "../../src/shelf/backing.ts";
import { ShelfError } from "../../src/shelf/desk.ts";
import type { Desk } from "../../src/shelf/desk.ts";
import { Keeper } from "../../src/shelf/keeper.ts";
import type { Answer, Request } from "../../src/shelf/requests.ts";
import { Shelf } from "../../src/shelf/shelf.ts";
import { segment } from "../engine/vectors.ts";
import { FakeClock } from "../net/fake-clock.ts";
import { FakeCaches } from "./fake-caches.ts";

const SIZE = 40_000;
const NEIGHBOUR = "neighbour";
const LECTURE = [0, 1, 2, 3].map((sequence) => {
  const data = segment(SIZE, sequence);
  const listing: Listing = { key: { item: "i", track: "v720" }, sequence, id: idText(prove(data).id), size: SIZE, live: false };
  return { data, listing };
});
const LISTINGS = LECTURE.map(({ listing }) => listing);

/** The worker's part, in the same thread; `slow` holds up what it is asked to read. */
class NearDesk implements Desk {
  slow = false;
  broken = false;
  readonly asked: Request[] = [];
  private readonly keeper: Keeper;

  constructor(caches: FakeCaches) {
    this.keeper = new Keeper(caches as unknown as CacheStorage, () => Promise.resolve(1e9));
  }

  async ask(request: Request): Promise<Answer> {
    this.asked.push(request);
    if (this.broken) throw new ShelfError("private window");
    const answer = await this.keeper.handle(request);
    return this.slow && request.op === "read" ? new Promise(() => undefined) : answer;
  }

  close(): void {
    this.broken = true;
  }
}

function part(index: number): (typeof LECTURE)[number] {
  const found = LECTURE[index];
  if (found === undefined) throw new Error("no such segment");
  return found;
}

/** As much of a node as is used, which notes what is wanted of the network and when. */
function nodeOver(exchange: Exchange, clock: FakeClock, wants: [sequence: number, at: number][]): Node {
  const node = {
    clock,
    exchange,
    want: (listing: Listing, deadline: number, urgent: boolean) => {
      wants.push([listing.sequence, clock.now()]);
      exchange.want(listing, deadline, clock.now(), urgent);
    },
    unwant: (id: string) => { exchange.unwant(id); },
    spare: (_: Listing, deadline: number) => deadline - clock.now(),
    offer: (listing: Listing) => { exchange.offer(listing); },
    store: (listing: Listing, data: Uint8Array) => { exchange.store(listing, data); },
    withdraw: (id: string) => { exchange.givenUp(id); },
  };
  return node as unknown as Node;
}

/** A page's exchange with a neighbour, and its lasting cache over `caches`. */
function page(caches: FakeCaches, { memory = 10 * SIZE } = {}) {
  const clock = new FakeClock();
  const desk = new NearDesk(caches);
  let opened = 0;
  const own = { role: VIEWER, agent: "t", cacheBytes: memory, uploads: true, uploadBytesPerSecond: 0 };
  const exchange: Exchange = new Exchange({ ...own, backed: (id) => backing.backs(id) }, PARAMETERS);
  const wants: [sequence: number, at: number][] = [];
  const node = nodeOver(exchange, clock, wants);
  const backing: Backing = new Backing(node, "i", () => {
    opened += 1;
    return Promise.resolve({ Shelf, desk });
  });
  exchange.peerOpened(NEIGHBOUR, VIEWER, clock.now());
  const hello = { type: "Hello", version: PEER_VERSION, role: VIEWER, agent: "t", credit: 1 << 24 } as const;
  exchange.controlReceived(NEIGHBOUR, PEER.encode(hello), clock.now());
  for (const listing of LISTINGS) exchange.listed(listing);
  backing.listed(LISTINGS);
  const tape: unknown[] = [];
  /** Carries out what the exchange decided, and says what the neighbour heard. */
  const settle = async (ms = 500): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      exchange.poll(clock.now());
      for (const event of exchange.takeEvents()) {
        if (event.type === "Demanded") backing.demanded(event.segment);
        else if (event.type === "SendControl") tape.push(PEER.decode(event.data));
        else if (event.type === "SendBlocks") tape.push(event.type);
      }
      await clock.run(ms / 3);
    }
  };
  const told = (held: boolean): number[] =>
    (tape as { type?: string; held?: boolean; sequence: number }[])
      .filter((message) => message.type === "Held" && message.held === held)
      .map(({ sequence }) => sequence);
  /** A segment comes over the network. */
  const fetch = (index: number): void => {
    const { data, listing } = part(index);
    exchange.store(listing, data);
    backing.fetched(listing.id);
  };
  return { backing, caches, clock, desk, exchange, fetch, opened: () => opened, settle, tape, told, wants };
}

/** Watches all of the lecture with the cache on, and closes the page. */
async function watched(caches: FakeCaches): Promise<void> {
  const { backing, fetch, settle } = page(caches);
  backing.setEnabled(true);
  backing.begin();
  await settle();
  for (const index of LECTURE.keys()) fetch(index);
  await settle();
  expect(backing.figures()).toMatchObject({ state: "on", bytes: 4 * SIZE, lectures: 1 });
  backing.close();
}

const asks = (request: number, index: number) =>
  PEER.encode({ type: "Want", request, segment: idBytes(part(index).listing.id), first: 0, count: 3, deadline: 5000, proof: true });

describe("a lasting cache", () => {
  it("is off until it is switched on: nothing of it is loaded, nothing stored", async () => {
    const { backing, caches, fetch, opened, settle, wants } = page(new FakeCaches());
    backing.begin();
    fetch(0);
    backing.want(part(1).listing, 5000, false);
    await settle();
    expect([backing.figures().state, opened(), caches.named.size, wants.length]).toEqual(["off", 0, 0, 1]);
  });

  it("keeps what was fetched, and offers it after a reload once it was found sound", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, settle, told, exchange, desk } = page(caches);
    backing.setEnabled(true);
    await settle();
    expect(told(true)).toEqual([]);
    backing.begin();
    await settle();
    expect(told(true)).toEqual([0, 1, 2, 3]);
    expect(desk.asked.filter(({ op }) => op === "check")).toHaveLength(4);
    expect(exchange.cache.bytes).toBe(0);
  });

  it("reads a segment from the store when a neighbour wants it", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, exchange, clock, settle, tape } = page(caches);
    backing.setEnabled(true);
    backing.begin();
    await settle();
    exchange.controlReceived(NEIGHBOUR, asks(0, 2), clock.now());
    await settle();
    expect(tape.filter((one) => one === "SendBlocks").length).toBeGreaterThan(0);
    expect(exchange.counters.get("sent")).toBe(SIZE);
  });

  it("neither offers nor serves what was changed behind its back", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const spoil = (index: number): void => {
      const [path = ""] = caches.segments("banyan-shelf/i").filter((one) => one.includes(part(index).listing.id));
      caches.named.get("banyan-shelf/i")?.get(path)?.fill(7, 100, 120);
    };
    spoil(1);
    const { backing, exchange, clock, settle, told, tape, wants } = page(caches);
    backing.setEnabled(true);
    backing.begin();
    await settle();
    expect(told(true)).toEqual([0, 2, 3]);
    spoil(3);
    exchange.controlReceived(NEIGHBOUR, asks(0, 3), clock.now());
    await settle();
    expect([told(false), tape.includes("SendBlocks")]).toEqual([[3], false]);
    backing.want(part(3).listing, clock.now() + 5000, false);
    await settle();
    expect([wants.length, exchange.data(part(3).listing.id)]).toEqual([1, undefined]);
    expect(caches.segments("banyan-shelf/i")).toHaveLength(2);
  });

  it("keeps memory small: what memory drops is still offered", async () => {
    const { backing, exchange, fetch, settle, told } = page(new FakeCaches(), { memory: 2 * SIZE });
    backing.setEnabled(true);
    backing.begin();
    await settle();
    for (const index of LECTURE.keys()) {
      fetch(index);
      await settle();
    }
    expect([told(true), told(false), exchange.cache.bytes]).toEqual([[0, 1, 2, 3], [], 2 * SIZE]);
  });

  it("takes in what was fetched before it was switched on, as far as memory has it", async () => {
    const { backing, fetch, settle } = page(new FakeCaches());
    backing.begin();
    fetch(0);
    fetch(1);
    backing.setEnabled(true);
    await settle();
    expect(backing.figures().bytes).toBe(2 * SIZE);
  });

  it("clears all and takes the offers back that memory cannot keep", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, exchange, clock, settle, told } = page(caches);
    backing.setEnabled(true);
    backing.begin();
    await settle();
    exchange.controlReceived(NEIGHBOUR, asks(0, 2), clock.now());
    await settle();
    await backing.clear();
    await settle();
    expect([backing.figures(), told(false)]).toMatchObject([{ state: "on", bytes: 0, lectures: 0 }, [0, 1, 3]]);
  });

  it("leaves nothing on the device when it is switched off, even before it was open", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, desk, settle } = page(caches);
    backing.setEnabled(true);
    backing.setEnabled(false);
    await settle();
    expect([caches.named.size, backing.figures().state, desk.broken]).toEqual([0, "off", true]);
  });

  it("goes on without where the browser keeps nothing", async () => {
    const { backing, clock, desk, exchange, settle, wants } = page(new FakeCaches());
    desk.broken = true;
    const memory = exchange.cache.mostBytes;
    backing.setEnabled(true);
    backing.begin();
    await settle();
    expect(backing.figures().state).toBe("unavailable");
    backing.want(part(0).listing, clock.now(), true);
    expect([wants.length, exchange.cache.mostBytes]).toEqual([1, memory]);
  });
});

describe("the player's wants", () => {
  it("are met from the store without the network", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, clock, exchange, settle } = page(caches);
    backing.setEnabled(true);
    backing.want(part(0).listing, clock.now(), true);
    await settle();
    expect(exchange.data(part(0).listing.id)).toEqual(part(0).data);
    expect([...exchange.counters]).toEqual([]);
  });

  it.each([
    ["150 ms when the player waits", true, 5000, 150],
    ["as long as there is time", false, 1000, 1000],
    ["2 s at most", false, 9000, 2000],
  ])("wait for slow storage: %s", async (_, urgent, deadline, most) => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, clock, desk, settle, wants } = page(caches);
    desk.slow = true;
    backing.setEnabled(true);
    const began = clock.now();
    backing.want(part(0).listing, began + deadline, urgent);
    await settle(most * 2);
    expect(wants).toEqual([[0, began + most]]);
  });

  it("that become urgent wait no longer than urgent ones", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, clock, desk, settle, wants } = page(caches);
    desk.slow = true;
    backing.setEnabled(true);
    const began = clock.now();
    backing.want(part(0).listing, began + 9000, false);
    await clock.run(300);
    backing.want(part(0).listing, began + 300, true);
    await settle();
    expect(wants).toEqual([[0, began + 300]]);
  });

  it("that are taken back cost nothing more", async () => {
    const caches = new FakeCaches();
    await watched(caches);
    const { backing, clock, exchange, settle, wants } = page(caches);
    backing.setEnabled(true);
    backing.want(part(0).listing, clock.now() + 9000, false);
    backing.unwant(part(0).listing.id);
    await settle();
    expect([wants, exchange.cache.bytes]).toEqual([[], 0]);
  });
});
