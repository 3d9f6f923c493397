import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/engine/exchange.ts";
import { idText, prove } from "../../src/engine/identity.ts";
import type { Listing } from "../../src/engine/library.ts";
import { VIEWER } from "../../src/engine/messages.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";
import { Deliveries } from "../../src/hls/deliveries.ts";
import type { Supplier } from "../../src/hls/deliveries.ts";
import { Timeline } from "../../src/hls/timeline.ts";
import { segment } from "../engine/vectors.ts";
import { FakeClock } from "../net/fake-clock.ts";

const BLOCK = 16_384;
const SIZE = 4 * BLOCK;
const DURATION = 4;
const SETTINGS = { role: VIEWER, agent: "t", cacheBytes: 1 << 24, uploads: false, uploadBytesPerSecond: 0, backed: () => false };
const CLASS = [7, 8, 9, 10].map((sequence) => {
  const data = segment(SIZE, sequence);
  const listing: Listing = { key: { item: "i", track: "v720" }, sequence, id: idText(prove(data).id), size: SIZE, live: true };
  return { data, listing };
});

/** As much of a media element as is looked at: it plays at `currentTime`, and has `until` in its buffer. */
class Video extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  until = 10;
  from = 0;

  get buffered(): Pick<TimeRanges, "length" | "start" | "end"> {
    return { length: 1, start: () => this.from, end: () => this.until };
  }

  tell(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}

/** Deliveries of a real exchange; the class' segment 7 begins at 0 s, and the playhead stands there. */
function player({ spare = 0 } = {}) {
  const clock = new FakeClock();
  const exchange = new Exchange(SETTINGS, PARAMETERS);
  const video = new Video();
  const wants: [sequence: number, inMs: number, urgent: boolean][] = [];
  const node: Supplier = {
    clock,
    exchange,
    want: (listing, deadline, urgent, spare) => {
      wants.push([listing.sequence, deadline - clock.now(), urgent]);
      exchange.want(listing, deadline, clock.now(), urgent, spare);
    },
    unwant: (id) => { exchange.unwant(id); },
    spare: () => spare,
  };
  const deliveries = new Deliveries(node, new Timeline(), () => true);
  deliveries.video = video as unknown as HTMLVideoElement;
  deliveries.ahead = true;
  for (const { listing } of CLASS) exchange.listed(listing);
  const ends: string[] = [];
  const order = (index: number): void => {
    const { listing } = at(index);
    deliveries.order({ listing, start: index * DURATION, duration: DURATION }, {
      delivered: (data) => ends.push(`${listing.sequence}: ${data.length}`),
      gaveUp: () => ends.push(`${listing.sequence}: gave up`),
    });
  };
  /** HTTP brings the blocks of a segment from `first` to before `end`. */
  const bring = (index: number, first: number, end: number): void => {
    const { listing, data } = at(index);
    exchange.poll(clock.now());
    for (let block = first; block < end; block += 1) {
      exchange.downloads.httpData(listing.id, 0, data.slice(block * BLOCK, (block + 1) * BLOCK), clock.now());
    }
    for (const event of exchange.takeEvents()) {
      if (event.type === "Finished") deliveries.finished(event.segment, event.came);
    }
  };
  return { clock, exchange, video, wants, deliveries, ends, order, bring };
}

function at(index: number): (typeof CLASS)[number] {
  return one(CLASS, index);
}

function one<Kind>(all: readonly Kind[], index: number): Kind {
  const found = all[index];
  if (found === undefined) throw new Error("no such segment");
  return found;
}

describe("a slow order", () => {
  it("is kept while bytes come, however late", async () => {
    const { clock, video, ends, order, bring } = player();
    video.until = 0;
    order(0);
    for (let block = 0; block < 3; block += 1) {
      bring(0, block, block + 1);
      await clock.run(5500);
    }
    expect([clock.now() > 16_000, ends]).toEqual([true, []]);
    bring(0, 3, 4);
    expect(ends).toEqual([`7: ${SIZE}`]);
  });

  it("is given up 6 s after the last byte", async () => {
    const { clock, video, exchange, ends, order, bring } = player();
    video.until = 0;
    order(0);
    bring(0, 0, 2);
    await clock.run(6500);
    expect(ends).toEqual([]);
    await clock.run(6000);
    expect([ends, exchange.find(at(0).listing.id)]).toEqual([["7: gave up"], undefined]);
  });
});

describe("fetching ahead", () => {
  it("begins at once where nothing is urgent", () => {
    const { wants, order } = player();
    order(0);
    expect(wants.map(([sequence]) => sequence)).toEqual([7, 8, 9, 10]);
  });

  it("waits for an urgent order to end, also where a playlist lists more", () => {
    const { video, wants, deliveries, ends, order, bring } = player();
    video.until = 0;
    order(0);
    deliveries.listed(CLASS.map(({ listing }) => listing));
    expect(wants).toEqual([[7, 0, true]]);
    bring(0, 0, 4);
    expect(ends).toEqual([`7: ${SIZE}`]);
    expect(wants.slice(1)).toEqual([[8, 4000, false], [9, 8000, false], [10, 12_000, false]]);
  });
});

describe("looking ahead in a lecture", () => {
  const LECTURE = Array.from({ length: 24 }, (_, sequence) => {
    const data = segment(SIZE, 100 + sequence);
    return { key: { item: "i", track: "v360" }, sequence, id: idText(prove(data).id), size: SIZE, live: false };
  });

  function lecture(peers: number) {
    const stage = player();
    for (const listing of LECTURE) stage.exchange.listed(listing);
    for (let index = 0; index < peers; index += 1) stage.exchange.peerOpened(String(index).repeat(32), VIEWER, 0);
    stage.deliveries.order({ listing: one(LECTURE, 0), start: 0, duration: DURATION }, {
      delivered: () => undefined,
      gaveUp: () => undefined,
    });
    return stage;
  }

  it("takes nothing to spare where there is nobody to give it", () => {
    expect(lecture(0).wants.map(([sequence]) => sequence)).toEqual([0, 1]);
  });

  it("wants two segments to spare, never over HTTP, and drops them when the playhead jumps", async () => {
    const { wants, exchange, clock, video } = lecture(1);
    expect(wants.map(([sequence]) => sequence)).toEqual([0, 1, 2, 3]);
    await clock.run(5000);
    exchange.poll(clock.now());
    const fetched = exchange.takeEvents().flatMap((event) => (event.type === "FetchHttp" ? [event.segment] : []));
    expect(fetched).toEqual([one(LECTURE, 0).id, one(LECTURE, 1).id]);
    video.tell("seeking");
    expect(exchange.find(one(LECTURE, 2).id)).toBeUndefined();
    expect(exchange.find(one(LECTURE, 1).id)).toBeDefined();
  });
});

describe("a playhead that moves", () => {
  it.each(["seeking", "waiting"])("makes an open order urgent: %s", (event) => {
    const { video, wants, deliveries, order } = player();
    deliveries.ahead = false;
    order(1);
    expect(wants).toEqual([[8, 4000, false]]);
    video.currentTime = 10;
    video.tell(event);
    expect(wants[1]).toEqual([8, 0, true]);
  });

  it("is reckoned with its speed", () => {
    const { video, wants, deliveries, order } = player();
    deliveries.ahead = false;
    order(1);
    video.playbackRate = 2;
    video.tell("ratechange");
    expect(wants[1]).toEqual([8, 2000, false]);
  });

  it("begins what was held back", () => {
    const { video, wants, deliveries, order } = player({ spare: 2000 });
    deliveries.gathering = true;
    order(1);
    expect(wants).toEqual([]);
    video.currentTime = 10;
    video.tell("seeking");
    expect(wants).toEqual([[8, 0, true]]);
    deliveries.release();
    expect(wants.length).toBe(1);
  });

  it("never puts an order off beyond 14 s, however often it moves", async () => {
    const { clock, video, ends, order } = player();
    order(2);
    for (let moves = 0; moves < 29; moves += 1) {
      video.currentTime = moves % 2 === 0 ? 9 : 0;
      video.tell("seeking");
      await clock.run(500);
    }
    expect(ends).toEqual(["9: gave up"]);
  });

  it("gives up 6 s after the new deadline, not the old one", async () => {
    const { clock, video, ends, order } = player();
    order(2);
    video.currentTime = 11;
    video.tell("seeking");
    await clock.run(6500);
    expect(ends).toEqual(["9: gave up"]);
  });

  it("is no longer listened to when another element plays", () => {
    const { video, wants, deliveries, order } = player();
    order(1);
    const before = wants.length;
    deliveries.video = undefined;
    video.tell("seeking");
    expect(wants.length).toBe(before);
  });
});
