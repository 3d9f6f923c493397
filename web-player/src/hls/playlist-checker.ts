/** Which playlists may be used: those of the item, signed with its pinned key, never going back. */
import { WrongPlaylist } from "../engine/errors.ts";
import { MULTIVARIANT, PlaylistGuard, verifyPlaylist, windowOf } from "../engine/playlist.ts";
import type { Claims, VerifyingKey, Window } from "../engine/playlist.ts";

const PATH = /^\/hls\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\.m3u8$/;

/** What the address of a playlist asks for. */
export interface Asked {
  readonly item: string;
  readonly track: string;
  /** The kinds of window that may answer. */
  readonly windows: readonly Window[];
}

/** What a playlist's address asks for. Throws WrongPlaylist when it is no address of a playlist. */
export function askedOf(url: URL): Asked {
  const [, item, track] = PATH.exec(url.pathname) ?? [];
  if (item === undefined || track === undefined) throw new WrongPlaylist(`${url.pathname} is not a playlist's address`);
  if (track === MULTIVARIANT) return { item, track, windows: ["all"] };
  return { item, track, windows: url.searchParams.has("start") ? ["closed"] : ["live", "all"] };
}

/** Checks the playlists of one item. */
export class PlaylistChecker {
  private readonly item: string;
  private readonly key: Promise<VerifyingKey>;
  private readonly guards = new Map<string, PlaylistGuard>();

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
    this.guard(asked.track, window, key).check(claims);
    return claims;
  }

  private guard(track: string, window: Window, key: VerifyingKey): PlaylistGuard {
    const name = `${track} ${window}`;
    const guard = this.guards.get(name) ?? new PlaylistGuard(this.item, track, window, key);
    this.guards.set(name, guard);
    return guard;
  }
}
