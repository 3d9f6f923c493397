// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBlocks, encodeBlocks } from "../../src/engine/blocks.ts";
import { FROM_TRACKER, PEER, TO_TRACKER } from "../../src/engine/codec.ts";
import { ProtocolError } from "../../src/engine/errors.ts";
import { FROM_TRACKER_TYPES, PEER_TYPES, TO_TRACKER_TYPES } from "../../src/engine/messages.ts";
import { build, unbuild } from "../../src/engine/schema.ts";
import type { Built, Field, Fields, MessageTypes } from "../../src/engine/schema.ts";
import { encode } from "@msgpack/msgpack";
import { bytes, hex, load, segment, unzipped } from "./vectors.ts";
import type { Zipped } from "./vectors.ts";

interface Good {
  readonly type: string;
  readonly fields: unknown[];
  readonly data: string;
}
const MESSAGES = load("messages") as {
  peer: Good[];
  to_tracker: Good[];
  from_tracker: Good[];
  refused: (Zipped & { why: string; codec: "peer" | "to_tracker"; reason: string })[];
};
const BLOCKS = load("blocks") as {
  messages: { request: number; first: number; size: number; header: string; count: number }[];
  refused_lengths: number[];
};
const CODECS = { peer: PEER, to_tracker: TO_TRACKER };

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: hex(value) };
  return Array.isArray(value) ? value.map(plain) : value;
}

function raw(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(raw);
  return typeof value === "object" && value !== null ? bytes((value as { hex: string }).hex) : value;
}

function fieldsOf(types: MessageTypes, name: string): Fields {
  const type = [...types.values()].find((one) => one.name === name);
  if (type === undefined) throw new Error(`no message ${name}`);
  return type.fields;
}

function made(types: MessageTypes, good: Good): Built & { type: string } {
  return { type: good.type, ...build(good.type, fieldsOf(types, good.type), raw(good.fields)) };
}

describe("messages, as Python writes them", () => {
  it.each(MESSAGES.peer)("$type of a peer", (good) => {
    const message = PEER.decode(bytes(good.data));
    expect(message.type).toBe(good.type);
    expect(plain(unbuild(fieldsOf(PEER_TYPES, good.type), { ...message }))).toEqual(good.fields);
    expect(hex(PEER.encode(made(PEER_TYPES, good) as unknown as typeof message))).toBe(good.data);
  });

  it.each(MESSAGES.to_tracker)("$type to the tracker", (good) => {
    const message = TO_TRACKER.decode(bytes(good.data));
    expect(plain(unbuild(fieldsOf(TO_TRACKER_TYPES, good.type), { ...message }))).toEqual(good.fields);
    expect(hex(TO_TRACKER.encode(made(TO_TRACKER_TYPES, good) as unknown as typeof message))).toBe(good.data);
  });

  it.each(MESSAGES.from_tracker)("$type from the tracker", (good) => {
    const message = FROM_TRACKER.decode(bytes(good.data));
    expect(plain(unbuild(fieldsOf(FROM_TRACKER_TYPES, good.type), { ...message }))).toEqual(good.fields);
    expect(hex(FROM_TRACKER.encode(made(FROM_TRACKER_TYPES, good) as unknown as typeof message))).toBe(good.data);
  });
});

describe("messages that break the protocol", () => {
  it.each(MESSAGES.refused)("are refused: $why", (bad) => {
    const refusal = expect(() => CODECS[bad.codec].decode(unzipped(bad)));
    refusal.toThrow(ProtocolError);
  });

  it("never leave", () => {
    const want = { type: "Want", request: 1, segment: new Uint8Array(32), first: 0, count: 1, deadline: 0, proof: true } as const;
    expect(() => PEER.encode(want)).not.toThrow();
    for (const bad of [{ request: -1 }, { request: 2 ** 32 }, { count: 2049 }, { segment: new Uint8Array(31) }, { first: 0.5 }]) {
      expect(() => PEER.encode({ ...want, ...bad })).toThrow(ProtocolError);
    }
    expect(() => PEER.encode({ type: "Bye", reason: "\ud800" })).toThrow(ProtocolError);
  });
});

/** Values near what a field allows, right and wrong. */
function near(field: Field): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(fc.anything({ maxDepth: 1 }), fc.double(), fc.constant(null));
  const right = (): fc.Arbitrary<unknown> => {
    switch (field.shape) {
      case "uint":
      case "int":
        return fc.integer({ min: -2, max: Math.min(field.most + 2, 2 ** 31 - 1) });
      case "text":
        return fc.string({ maxLength: Math.min(field.most + 2, 70) });
      case "blob":
        return fc.uint8Array({ minLength: field.least, maxLength: Math.min(field.most + 1, field.least + 40) });
      case "flag":
        return fc.boolean();
      case "many":
        return fc.array(near(field.element), { maxLength: field.most + 1, size: "small" });
      case "record":
        return fc.tuple(...field.record.map(near));
    }
  };
  return fc.oneof({ weight: 12, arbitrary: right() }, { weight: 1, arbitrary: wrong });
}

function nearMessages(types: MessageTypes): fc.Arbitrary<Uint8Array> {
  const each = [...types].map(([number, type]) =>
    fc.tuple(...type.fields.map(near)).map((values) => {
      try {
        return encode([number, ...values]);
      } catch {
        return new Uint8Array([number]);
      }
    }),
  );
  return fc.oneof(fc.uint8Array({ maxLength: 300 }), ...each);
}

describe("any bytes", () => {
  it.each([
    ["peer", PEER, PEER_TYPES],
    ["to the tracker", TO_TRACKER, TO_TRACKER_TYPES],
    ["from the tracker", FROM_TRACKER, FROM_TRACKER_TYPES],
  ] as const)("give a message or a ProtocolError: %s", (_, codec, types) => {
    let taken = 0;
    fc.assert(
      fc.property(nearMessages(types), (data) => {
        try {
          const message = codec.decode(data);
          taken += 1;
          expect(codec.decode((codec.encode as (one: typeof message) => Uint8Array).call(codec, message))).toEqual(message);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});

describe("block messages", () => {
  it.each(BLOCKS.messages)("$size bytes", ({ request, first, size, header }) => {
    const data = segment(size, 1);
    const message = encodeBlocks(request, first, data);
    expect(hex(message.subarray(0, 6))).toBe(header);
    const read = decodeBlocks(message);
    expect([read.request, read.first, hex(read.data)]).toEqual([request, first, hex(data)]);
  });

  it.each(BLOCKS.refused_lengths)("are refused with %d bytes", (length) => {
    expect(() => decodeBlocks(new Uint8Array(length))).toThrow(ProtocolError);
  });
});
