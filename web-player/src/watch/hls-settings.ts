/** How hls.js is set, with or without P2P. Durations in seconds, as hls.js has them. */
import type { HlsConfig } from "hls.js";

/** Segments that live playback stays behind the newest one. */
export const LIVE_SYNC_SEGMENTS = 3;

/** Fastest playback while catching up on a class; the pitch is kept, and few people hear 10 %. */
export const CATCH_UP_RATE = 1.1;

export const hlsSettings: Partial<HlsConfig> = {
  autoStartLoad: true,
  liveSyncDurationCount: LIVE_SYNC_SEGMENTS,
  // With a single segment to begin with, playback stays at the very edge for good and stalls whenever one is late.
  initialLiveManifestSize: 2,
  maxLiveSyncPlaybackRate: CATCH_UP_RATE,
  liveDurationInfinity: true,
  // A lecture rewound by a minute needs no request; more would only hold memory, which phones lack.
  backBufferLength: 60,
  maxBufferLength: 30,
  // Without this limit a lecture of low bit rate is fetched minutes ahead, whether it will be watched or not.
  maxMaxBufferLength: 30,
  capLevelToPlayerSize: true,
};
