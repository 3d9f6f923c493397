/**
 * Signed HLS playlists (RFC 8216); the reading half of swarm/playlist.py. The last line of a playlist binds all bytes
 * before it:
 *
 *     #BANYAN:v=1,kid=K,item=I,track=T,window=W,edition=E,head=M,time=MS,sig=S
 *
 * `sig` is the ES256 signature (raw r||s, as WebCrypto verifies it) over the domain prefix and every byte up to and
 * including `,sig=`'s comma.
 */
import { ForgedPlaylist, RolledBackPlaylist, StalePlaylist, UnsignedPlaylist, WrongPlaylist } from "./errors.ts";
import { fromBase64url } from "./identity.ts";

export const MAX_PLAYLIST_BYTES = 8 * 1024 * 1024;
export const MULTIVARIANT = "index";
const DOMAIN = new TextEncoder().encode("banyan/playlist/1\0");
const MARK = "#BANYAN:";
const NAME = "[A-Za-z0-9_-]{1,64}";
const LINE = new RegExp(
  `^${MARK}v=1,kid=(${NAME}),item=(${NAME}),track=(${NAME}),window=(live|all|\\d{1,15}-\\d{1,15}),` +
    `edition=(\\d{1,15}),head=(-1|\\d{1,15}),time=(\\d{1,15}),sig=([A-Za-z0-9_-]{85}[AQgw])\\n$`,
);
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE_ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;

/** What a signature binds. `head` is a media sequence number, `timeMs` Unix milliseconds. */
export interface Claims {
  readonly item: string;
  readonly track: string;
  readonly window: string;
  readonly edition: number;
  readonly head: number;
  readonly timeMs: number;
}

/** Public half of an ES256 key as a JSON Web Key (RFC 7517). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

/** The pinned key of an item, ready to verify with. */
export class VerifyingKey {
  private readonly subtle: SubtleCrypto;
  private readonly key: CryptoKey;

  private constructor(subtle: SubtleCrypto, key: CryptoKey) {
    this.subtle = subtle;
    this.key = key;
  }

  /** Import a key; rejects when it is not a P-256 public key. */
  static async fromJwk(jwk: PublicJwk, subtle: SubtleCrypto): Promise<VerifyingKey> {
    const { kty, crv, x, y } = jwk;
    return new VerifyingKey(subtle, await subtle.importKey("jwk", { kty, crv, x, y }, ALGORITHM, false, ["verify"]));
  }

  /** Whether a raw signature of 64 bytes is this key's over the message. Rejects with ForgedPlaylist when not. */
  async verifies(message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!(await this.subtle.verify(SIGNATURE_ALGORITHM, this.key, signature, message))) {
      throw new ForgedPlaylist("the playlist's signature does not match the pinned key");
    }
  }
}

/** Check the signature and return what it binds. Rejects with UnsignedPlaylist or ForgedPlaylist. */
export async function verifyPlaylist(data: Uint8Array, key: VerifyingKey): Promise<Claims> {
  if (data.length > MAX_PLAYLIST_BYTES) throw new UnsignedPlaylist("the playlist is longer than 8 MiB");
  // Bytes, not characters, are signed and counted: latin1 keeps one character a byte.
  const text = new TextDecoder("latin1").decode(data);
  const start = text.lastIndexOf(MARK);
  if (start <= 0 || text[start - 1] !== "\n") throw new UnsignedPlaylist("the playlist carries no signature line");
  const match = LINE.exec(text.slice(start));
  if (match === null || text.indexOf(MARK) !== start) {
    throw new UnsignedPlaylist("the playlist's signature line is broken");
  }
  const [, , item = "", track = "", window = "", edition, head, time, signature = ""] = match;
  const body = data.subarray(0, data.length - "sig=\n".length - signature.length);
  const signed = new Uint8Array(DOMAIN.length + body.length);
  signed.set(DOMAIN);
  signed.set(body, DOMAIN.length);
  await key.verifies(signed, fromBase64url(signature));
  return { item, track, window, edition: Number(edition), head: Number(head), timeMs: Number(time) };
}

/** `live`, `all`, or `closed` for any FIRST-LAST. */
export type Window = "live" | "all" | "closed";

/** The kind of window that claims are about. */
export function windowOf(claims: Claims): Window {
  return claims.window === "live" || claims.window === "all" ? claims.window : "closed";
}

/**
 * Remembers what was seen of one playlist, and refuses what goes back. One guard per item, track and window, and for closed
 * windows per address, as each ends with a head of its own. A lower edition is refused for good; a lower head of the same edition is refused for now (another origin or relay may be a
 * segment behind).
 */
export class PlaylistGuard {
  edition = -1;
  head = -2;
  private readonly item: string;
  private readonly track: string;
  private readonly window: Window;
  private readonly key: VerifyingKey;

  constructor(item: string, track: string, window: Window, key: VerifyingKey) {
    this.item = item;
    this.track = track;
    this.window = window;
    this.key = key;
  }

  /** Check a fetched playlist against all that is known. Rejects with a PlaylistError. */
  async accept(data: Uint8Array): Promise<Claims> {
    const claims = await verifyPlaylist(data, this.key);
    this.check(claims);
    return claims;
  }

  /** Another window of the track was seen at an edition: lower ones are refused here too. */
  raise(edition: number): void {
    if (edition <= this.edition) return;
    this.edition = edition;
    this.head = -2;
  }

  /** Check claims that verified against all that is known. Throws a PlaylistError. */
  check(claims: Claims): void {
    if (claims.item !== this.item || claims.track !== this.track || windowOf(claims) !== this.window) {
      const got = `${claims.item}, ${claims.track}, ${claims.window}`;
      throw new WrongPlaylist(`asked for ${this.item}, ${this.track}, ${this.window}, got ${got}`);
    }
    if (claims.edition < this.edition) {
      throw new RolledBackPlaylist(`edition ${claims.edition} after ${this.edition}`);
    }
    if (claims.edition === this.edition && claims.head < this.head) {
      throw new StalePlaylist(`head ${claims.head} after ${this.head}`);
    }
    this.edition = claims.edition;
    this.head = claims.head;
  }
}
