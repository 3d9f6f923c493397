/**
 * Block messages of the `blocks` channel; the mirror of swarm/blocks.py: request (4 bytes) and first block (2 bytes),
 * both big-endian, then 1 to 4 blocks.
 */
import { ProtocolError } from "./errors.ts";
import { BLOCK_BYTES } from "./identity.ts";

export const MAX_BLOCKS_PER_MESSAGE = 4;
export const HEADER_BYTES = 6;
export const MAX_BLOCK_MESSAGE_BYTES = HEADER_BYTES + MAX_BLOCKS_PER_MESSAGE * BLOCK_BYTES;

/** Some consecutive blocks in answer to a want; only the last may be shorter than 16 KiB. */
export interface Blocks {
  readonly request: number;
  readonly first: number;
  readonly data: Uint8Array;
}

/** Write a block message of 1 byte to 64 KiB of blocks. */
export function encodeBlocks(request: number, first: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, request);
  view.setUint16(4, first);
  message.set(data, HEADER_BYTES);
  return message;
}

/** Read a block message; `data` is a view into it. Throws ProtocolError when it is empty or too long. */
export function decodeBlocks(message: Uint8Array): Blocks {
  if (message.length <= HEADER_BYTES || message.length > MAX_BLOCK_MESSAGE_BYTES) {
    const limits = `7 to ${MAX_BLOCK_MESSAGE_BYTES} bytes`;
    throw new ProtocolError("blocks", `a block message has ${limits}, not ${message.length}`);
  }
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return { request: view.getUint32(0), first: view.getUint16(4), data: message.subarray(HEADER_BYTES) };
}
