/**
 * What a page knows of the P2P engine, and the engine of the page. `src/engine-entry.ts` exports
 * `createEngine: CreateEngine`; the watch page imports it lazily and plays plain HLS when that fails. Pages that are
 * not ours come by it through `src/embedding.ts`.
 */
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import type { Item } from "./item.ts";
import type { LastingCache } from "./shelf/lasting-cache.ts";

/** `alone`: connected to the tracker, with no neighbour yet. */
export type EngineState = "off" | "starting" | "connected" | "alone" | "unavailable";

/** Why there is no P2P: `mode-off` by the institution's ticket, `switched-off` by the viewer. */
export type EngineReason = "insecure" | "no-webrtc" | "no-tracker" | "mode-off" | "switched-off";

/** Where one finished segment came from, in bytes. */
export interface SegmentStats {
  readonly track: string;
  readonly msn: number;
  readonly httpBytes: number;
  readonly peerBytes: number;
  readonly seederBytes: number;
}

export interface EngineStats {
  /** Neighbours connected now, viewers and seeders. */
  readonly peers: number;
  /** Those of them that are seeders. */
  readonly seeders: number;
  /** Media bytes that arrived over HTTP, from viewers and from seeders. */
  readonly httpBytes: number;
  readonly peerBytes: number;
  readonly seederBytes: number;
  /** Media bytes given to others. */
  readonly sentBytes: number;
  /** Bytes received that were already there. */
  readonly wastedBytes: number;
  /** Blocks refused because their hash did not match. */
  readonly rejectedBlocks: number;
  /** (peerBytes + seederBytes) / all media bytes, 0 to 1; 0 before the first byte. */
  readonly share: number;
  readonly state: EngineState;
  readonly reason?: EngineReason;
  /** The connection may cost by volume: nothing is given to others over it unless the viewer agreed (`setSharing`). */
  readonly metered?: boolean;
  /** The newest finished segments, bounded, oldest first. */
  readonly segments?: readonly SegmentStats[];
}

export interface EngineOptions {
  /** The hls.js that plays: the engine brings none of its own. */
  readonly Hls: typeof Hls;
  /** The item's name, and what its origin says of it: needed before the first playlist is used. */
  readonly id: string;
  readonly item: Promise<Item>;
  /** Address of the origin; API, playlists and tracker are relative to it. */
  readonly baseUrl: URL;
  /** What the viewer's switch says at the start. */
  readonly enabled: boolean;
  /** Whether the viewer agreed to pass on parts over a metered connection; not unless said. */
  readonly sharing?: boolean;
  /** Whether what is watched is kept on the device (`Engine.lasting`); not unless said. */
  readonly lasting?: boolean;
}

export interface Engine {
  /** Merged into the page's configuration of hls.js before the instance is made. */
  readonly hlsConfig: Partial<HlsConfig>;
  /**
   * Called once for every hls.js instance made with `hlsConfig`, before its first playlist arrives. The page
   * calls `hls.loadSource` again on the same instance when a class is wound back to another window
   * (`?start=MS`) or forward to the live playlist.
   */
  attach(hls: Hls, video: HTMLVideoElement): void;
  /** The viewer's switch; playback goes on over HTTP when off. */
  setEnabled(on: boolean): void;
  /** The viewer's word that parts may be passed on over a metered connection too. */
  setSharing(on: boolean): void;
  /** Segments kept on the device over a reload. */
  readonly lasting: LastingCache;
  stats(): EngineStats;
  /** `listener` is called when the figures change, at most twice a second. Returns how to stop it. */
  onStats(listener: (stats: EngineStats) => void): () => void;
  destroy(): void;
}

export type CreateEngine = (options: EngineOptions) => Engine;
