/**
 * Bytes to checked messages and back; the mirror of swarm/codec.py. Decoding looks at the size first and checks every
 * field after. Throws ProtocolError and nothing else, whatever the bytes are.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import { ProtocolError } from "./errors.ts";
import {
  FROM_TRACKER_TYPES,
  PEER_MAX_MESSAGE_BYTES,
  PEER_TYPES,
  TO_TRACKER_TYPES,
  TRACKER_MAX_MESSAGE_BYTES,
} from "./messages.ts";
import type { FromTracker, PeerMessage, ToTracker } from "./messages.ts";
import { build, unbuild } from "./schema.ts";
import type { MessageTypes } from "./schema.ts";

const MAX_ELEMENTS = 256;

/** One direction of one protocol: its message types by number, and the largest message in bytes. */
export class Codec<Message extends { readonly type: string }> {
  private readonly types: MessageTypes;
  private readonly most: number;
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly decoder: Decoder;
  private readonly encoder = new Encoder();

  constructor(types: MessageTypes, most: number) {
    this.types = types;
    this.most = most;
    this.numbers = new Map([...types].map(([number, type]) => [type.name, number]));
    this.decoder = new Decoder({
      maxStrLength: most,
      maxBinLength: most,
      maxArrayLength: MAX_ELEMENTS,
      maxMapLength: 0,
      maxExtLength: 0,
    });
  }

  /** Write a message. Throws ProtocolError when a field is over its limit, so that no such message leaves. */
  encode(message: Message): Uint8Array<ArrayBuffer> {
    const number = this.numbers.get(message.type);
    const type = number === undefined ? undefined : this.types.get(number);
    if (type === undefined) throw new ProtocolError("type", `unknown message ${message.type}`);
    const values = unbuild(type.fields, message);
    build(type.name, type.fields, values);
    const packed = this.encoder.encode([number, ...values]);
    if (packed.length > this.most) throw this.tooLong(packed.length);
    return packed;
  }

  /** Read one message. Throws ProtocolError. */
  decode(data: Uint8Array): Message {
    if (data.length > this.most) throw this.tooLong(data.length);
    const values = this.unpack(data);
    if (!Array.isArray(values) || typeof values[0] !== "number") {
      throw new ProtocolError("shape", "a message is an array that begins with its type number");
    }
    const type = this.types.get(values[0]);
    if (type === undefined) throw new ProtocolError("type", `unknown message type ${String(values[0])}`);
    return { type: type.name, ...build(type.name, type.fields, values.slice(1)) } as unknown as Message;
  }

  private unpack(data: Uint8Array): unknown {
    try {
      return this.decoder.decode(data);
    } catch (error) {
      throw new ProtocolError("msgpack", `not a msgpack array: ${String(error)}`);
    }
  }

  private tooLong(length: number): ProtocolError {
    return new ProtocolError("size", `${length} bytes, at most ${this.most}`);
  }
}

export const PEER = new Codec<PeerMessage>(PEER_TYPES, PEER_MAX_MESSAGE_BYTES);
export const TO_TRACKER = new Codec<ToTracker>(TO_TRACKER_TYPES, TRACKER_MAX_MESSAGE_BYTES);
export const FROM_TRACKER = new Codec<FromTracker>(FROM_TRACKER_TYPES, TRACKER_MAX_MESSAGE_BYTES);
