/** What the engine's figures mean in words. */
import type { EngineReason, EngineStats } from "../engine-interface.ts";
import { formatBytes, formatShare } from "../format.ts";
import type { Messages } from "../language/language.ts";

export interface SwarmView {
  readonly tone: "on" | "waiting" | "off";
  readonly badge: string;
  readonly sentence: string;
  /** Name and value, for the panel. */
  readonly figures: readonly (readonly [string, string])[];
}

/** Figures of a page that has no engine, with the reason that a browser gives. */
export function withoutEngine(secure: boolean, webRtc: boolean): EngineStats {
  const none = { peers: 0, seeders: 0, httpBytes: 0, peerBytes: 0, seederBytes: 0 };
  const rest = { sentBytes: 0, wastedBytes: 0, rejectedBlocks: 0, share: 0, state: "unavailable" } as const;
  if (!secure) return { ...none, ...rest, reason: "insecure" };
  return webRtc ? { ...none, ...rest } : { ...none, ...rest, reason: "no-webrtc" };
}

function reasonSentence(reason: EngineReason, m: Messages): string {
  const sentences: Record<EngineReason, string> = {
    insecure: m.p2pInsecure,
    "no-webrtc": m.p2pNoWebRtc,
    "no-tracker": m.p2pNoTracker,
    "mode-off": m.p2pModeOff,
    "switched-off": m.p2pSwitchedOff,
  };
  return sentences[reason];
}

function sentenceOf(stats: EngineStats, m: Messages): string {
  if (stats.reason) return reasonSentence(stats.reason, m);
  switch (stats.state) {
    case "connected":
      return m.p2pConnected(stats.peers);
    case "alone":
      return m.p2pAlone;
    case "starting":
      return m.p2pStarting;
    case "off":
      return m.p2pSwitchedOff;
    case "unavailable":
      return m.p2pUnavailable;
  }
}

function figuresOf(stats: EngineStats, m: Messages): [string, string][] {
  const figures: [string, string][] = [
    [m.p2pFromPeers, formatBytes(stats.peerBytes)],
    [m.p2pFromSeeders, formatBytes(stats.seederBytes)],
    [m.p2pFromServer, formatBytes(stats.httpBytes)],
    [m.p2pSent, formatBytes(stats.sentBytes)],
  ];
  if (stats.rejectedBlocks > 0) figures.push([m.p2pRejected, String(stats.rejectedBlocks)]);
  return figures;
}

/** Badge, sentence and figures of one moment. */
export function swarmView(stats: EngineStats, m: Messages): SwarmView {
  const sentence = sentenceOf(stats, m);
  const figures = figuresOf(stats, m);
  switch (stats.state) {
    case "connected":
    case "alone":
      return { tone: stats.state === "alone" ? "waiting" : "on", badge: m.p2pBadge(formatShare(stats.share), stats.peers), sentence, figures };
    case "starting":
      return { tone: "waiting", badge: m.p2pBadgeStarting, sentence, figures };
    case "off":
    case "unavailable":
      return { tone: "off", badge: m.p2pBadgeOff, sentence, figures: stats.httpBytes > 0 ? figures : [] };
  }
}
