/** `/banyan-engine.js`: the P2P engine for pages that are not ours, with an hls.js of their own (docs/embedding.md). */
import type Hls from "hls.js";
import { createEngine } from "./engine-entry.ts";
import type { Engine } from "./engine-interface.ts";
import { getItem } from "./origin-api.ts";

const PLAYLIST = /^\/hls\/([A-Za-z0-9_-]{1,64})\/index\.m3u8$/;

/** What to play, and with what. */
export interface Embedding {
  /** The page's hls.js: the class, not an instance. */
  readonly Hls: typeof Hls;
  /** Address of the item's multivariant playlist at its origin. */
  readonly playlist: string | URL;
  /** Whether peers are met; true unless said. */
  readonly enabled?: boolean;
}

/**
 * Make the engine of one item. Its `hlsConfig` goes into the configuration of a new hls.js, which is then given to
 * `attach` with the video. Throws TypeError when the address is not that of a playlist.
 */
export function createBanyan({ Hls, playlist, enabled = true }: Embedding): Engine {
  const url = new URL(playlist, location.href);
  const id = PLAYLIST.exec(url.pathname)?.[1];
  if (id === undefined) throw new TypeError(`${url.href} is not the playlist of an item (/hls/<item>/index.m3u8)`);
  const baseUrl = new URL("/", url);
  return createEngine({ Hls, id, item: getItem(id, baseUrl), baseUrl, enabled });
}
