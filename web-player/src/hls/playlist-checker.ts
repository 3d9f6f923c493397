/** Which playlists may be used: those of the item, signed with its pinned key, never going back. */
import { WrongPlaylist } from "../engine/errors.ts";
import { MULTIVARIANT, PlaylistGuard, verifyPlaylist, windowOf } from "../engine/playlist.ts";
import type { Claims, VerifyingKey, Window } from "../engine/playlist.ts";

const PATH = /^\/hls\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\.m3u8$/;
/** A class of ten hours has ten windows in each of its tracks. */
const MOST_WINDOWS = 128;

/** What the address of a playlist asks for. */
export interface Asked {
  readonly item: string;
  readonly track: string;
  /** The kinds of window that may answer. */
  readonly windows: readonly Window[];
  /** Which closed window of a class, by the address; undefined for the others. */
  readonly start?: string;
}

/** What a playlist's address asks for. Throws WrongPlaylist when it is no address of a playlist. */
export function askedOf(url: URL): Asked {
  const [, item, track] = PATH.exec(url.pathname) ?? [];
  if (item === undefined || track === undefined) throw new WrongPlaylist(`${url.pathname} is not a playlist's address`);
  if (track === MULTIVARIANT) return { item, track, windows: ["all"] };
  const start = url.searchParams.get("start");
  return start === null ? { item, track, windows: ["live", "all"] } : { item, track, windows: ["closed"], start };
}

/** Checks the playlists of one item. */
export class PlaylistChecker {
  private readonly item: string;
  private readonly key: Promise<VerifyingKey>;
  private readonly guards = new Map<string, PlaylistGuard>();
  /** The guards of closed windows, the least recently used first. */
  private readonly closed = new Map<string, PlaylistGuard>();
  /** The newest edition seen of any closed window, by track. */
  private readonly editions = new Map<string, number>();

  constructor(item: string, key: Promise<VerifyingKey>) {
    this.item = item;
    this.key = key;
  }

  /** Check fetched bytes against what was asked and all that was seen. Rejects with a PlaylistError. */
  async check(asked: Asked, data: Uint8Array): Promise<Claims> {
    const key = await this.key;
    const claims = await verifyPlaylist(data, key);
    const window = windowOf(claims);
    if (asked.item !== this.item || !asked.windows.includes(window)) {
      throw new WrongPlaylist(`asked for ${asked.track} of ${this.item}, got window ${claims.window} of ${claims.item}`);
    }
    if (window === "closed") this.checkClosed(asked, claims, key);
    else this.guard(asked.track, window, key).check(claims);
    return claims;
  }

  private guard(track: string, window: Window, key: VerifyingKey): PlaylistGuard {
    const name = `${track} ${window}`;
    const guard = this.guards.get(name) ?? new PlaylistGuard(this.item, track, window, key);
    this.guards.set(name, guard);
    return guard;
  }

  private checkClosed({ track, start = "" }: Asked, claims: Claims, key: VerifyingKey): void {
    const name = `${track} ${start}`;
    const guard = this.closed.get(name) ?? new PlaylistGuard(this.item, track, "closed", key);
    guard.raise(this.editions.get(track) ?? -1);
    guard.check(claims);
    this.editions.set(track, claims.edition);
    this.closed.delete(name);
    this.closed.set(name, guard);
    const [oldest] = this.closed.keys();
    if (this.closed.size > MOST_WINDOWS && oldest !== undefined) this.closed.delete(oldest);
  }
}
