/** A neighbour's figures as swarm/acquaintance.py compares them; the mirror of swarm/tally.py. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Tally } from "./acquaintance.ts";
import { SEEDER } from "./messages.ts";
import type { Neighbour } from "./neighbour.ts";
import { peerBytes } from "./peer-name.ts";

/** Whoever holds something so near our playhead can be of use soon, in segments. */
const REACH = 32;

/** The figures of a neighbour, for a peer that stands at these places: item and media sequence number (-1: none). */
export function tallyOf(neighbour: Neighbour, me: string, places: readonly (readonly [string, number])[]): Tally {
  return {
    peer: neighbour.id,
    opened: neighbour.opened,
    useful: neighbour.useful,
    given: neighbour.sent,
    roundTrip: neighbour.roundTrip.value,
    strikes: neighbour.strikes,
    near: places.some(([item, position]) => neighbour.near(item, position, REACH)) ? 1 : 0,
    seeder: neighbour.role === SEEDER ? 1 : 0,
    lot: lotOf(me, neighbour.id),
  };
}

/** A number that is chance for everybody else and the same for us each time. */
function lotOf(me: string, peer: string): number {
  const digest = sha256.create().update(peerBytes(me)).update(peerBytes(peer)).digest();
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}
