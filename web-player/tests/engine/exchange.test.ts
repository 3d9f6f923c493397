// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/engine/exchange.ts";
import type { ExchangeEvent } from "../../src/engine/exchange-events.ts";
import type { Listing, TrackKey } from "../../src/engine/library.ts";
import { PARAMETERS } from "../../src/engine/policy.ts";
import { bytes, hex, load } from "./vectors.ts";
import { segmentBytes } from "./memory-network.ts";

type Place = [sequence: number, id: string, size: number, live: boolean];
type Piece = string | [object: number, offset: number, size: number];
type Step = [name: string, ...rest: never[]];
interface Conversation {
  readonly name: string;
  readonly me: string;
  readonly cache_bytes: number;
  readonly upload: number;
  readonly backed: readonly string[];
  readonly objects: [sequence: number, size: number][];
  readonly steps: string[];
  readonly counters: Record<string, number>;
}
const VECTORS = load("exchange") as { item: string; track: string; conversations: Conversation[] };
const KEY: TrackKey = { item: VECTORS.item, track: VECTORS.track };
const HEADER = 6;

/** Replays what one Python exchange heard. */
class Replay {
  readonly exchange: Exchange;
  private readonly objects: Uint8Array[];

  constructor({ me, cache_bytes, upload, backed, objects }: Conversation) {
    const own = { role: 0, agent: "test", cacheBytes: cache_bytes, uploadBytesPerSecond: upload, uploads: true };
    const settings = { ...own, backed: (segment: string) => backed.includes(segment) };
    this.exchange = new Exchange(settings, PARAMETERS);
    this.exchange.me = me;
    this.objects = objects.map(([sequence, size]) => segmentBytes(sequence, size));
  }

  /** Do a step; returns what must be equal, and what it is here. */
  do(text: string): [expected: unknown, actual: unknown] {
    const [name, ...rest] = JSON.parse(text) as Step;
    const { exchange } = this;
    const inputs: Record<string, (...args: never[]) => unknown> = {
      peer_opened: (peer: string, role: number, now: number) => { exchange.peerOpened(peer, role, now); },
      peer_closed: (peer: string, now: number) => { exchange.peerClosed(peer, now); },
      control: (peer: string, data: string, now: number) => { exchange.controlReceived(peer, bytes(data), now); },
      blocks: (peer: string, header: string, piece: Piece, now: number) => {
        exchange.blocksReceived(peer, Uint8Array.from([...bytes(header), ...this.piece(piece)]), now);
      },
      buffered: (peer: string, size: number, now: number) => { exchange.buffered(peer, size, now); },
      listed: (place: Place) => { exchange.listed(listing(place)); },
      want: (place: Place, deadline: number, now: number, urgent: boolean) => {
        exchange.want(listing(place), deadline, now, urgent);
      },
      unwant: (segment: string) => { exchange.unwant(segment); },
      store: (place: Place, piece: Piece) => { exchange.store(listing(place), this.piece(piece)); },
      offer: (place: Place) => { exchange.offer(listing(place)); },
      given_up: (segment: string) => { exchange.givenUp(segment); },
      duty: (item: string, stripe: number, stripes: number, members: number) => {
        exchange.duties.set(item, { stripe, stripes, members });
      },
      http_data: (segment: string, first: number, piece: Piece, now: number) => {
        exchange.downloads.httpData(segment, first, this.piece(piece), now);
      },
      http_failed: (segment: string, first: number, now: number) => { exchange.downloads.httpFailed(segment, first, now); },
      proof: (source: string, segment: string, encoded: string, now: number) => {
        exchange.downloads.proof(source, segment, bytes(encoded), now);
      },
      proof_failed: (segment: string, now: number) => { exchange.downloads.proofFailed(segment, now); },
    };
    if (name === "poll") return [rest[1], exchange.poll(Number(rest[0]))];
    if (name === "events") return [rest[0], exchange.takeEvents().map((event) => this.told(event))];
    const input = inputs[name];
    if (input === undefined) throw new Error(`unknown step ${name}`);
    input(...rest);
    return [name, name];
  }

  private piece(piece: Piece): Uint8Array {
    if (typeof piece === "string") return bytes(piece);
    const [object, offset, size] = piece;
    return (this.objects[object] ?? new Uint8Array()).slice(offset, offset + size);
  }

  /** Bytes of a segment in short, as the vectors have them. */
  private told(event: ExchangeEvent): unknown[] {
    switch (event.type) {
      case "SendControl":
        return [event.type, event.peer, hex(event.data)];
      case "SendBlocks":
        return [event.type, event.peer, hex(event.data.subarray(0, HEADER)), this.short(event.data.subarray(HEADER))];
      case "Close":
        return [event.type, event.peer, event.reason, event.fault];
      case "FetchHttp":
        return [event.type, event.segment, event.first, event.count, event.offset, event.size, event.whole];
      case "AbortHttp":
        return [event.type, event.segment, event.first];
      case "Finished":
        return [event.type, event.segment, event.came];
      case "Failed":
        return [event.type, event.segment, event.reason];
      case "FetchProof":
      case "Demanded":
        return [event.type, event.segment];
    }
  }

  private short(data: Uint8Array): Piece {
    const wanted = Buffer.from(data);
    for (const [index, object] of this.objects.entries()) {
      const offset = Buffer.from(object).indexOf(wanted);
      if (offset >= 0) return [index, offset, data.length];
    }
    return hex(data);
  }
}

function listing([sequence, id, size, live]: Place): Listing {
  return { key: KEY, sequence, id, size, live };
}

describe("the exchange, as Python's", () => {
  it.each(VECTORS.conversations)("does the same step by step: $name", (conversation) => {
    const replay = new Replay(conversation);
    for (const [index, text] of conversation.steps.entries()) {
      const [expected, actual] = replay.do(text);
      expect(actual, `step ${index} of ${conversation.steps.length}: ${text.slice(0, 300)}`).toEqual(expected);
    }
    expect(Object.fromEntries(replay.exchange.counters)).toEqual(conversation.counters);
  });
});
