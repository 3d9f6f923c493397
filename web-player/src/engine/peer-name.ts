/** Peers as the keys of maps: the tracker's peer id in hexadecimal. */

/** Name of a peer id. */
export function peerName(peer: Uint8Array): string {
  return Array.from(peer, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The peer id of a name. */
export function peerBytes(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(name.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
}
