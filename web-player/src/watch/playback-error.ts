/** What a failure of hls.js means for the viewer, and what to do about it. */
import type { Messages } from "../language/language.ts";

export type PlaybackErrorKind = "network" | "gone" | "decode" | "unverified" | "unsupported" | "other";

/** The part of hls.js's ErrorData that decides. */
export interface HlsFailure {
  readonly type: string;
  readonly details: string;
  readonly fatal: boolean;
  readonly response?: { readonly code?: number } | undefined;
  /** A response, or the error of a loader of ours. */
  readonly networkDetails?: unknown;
  readonly error?: Error | undefined;
}

/** Sort a fatal failure. `unverified`: the engine refused a playlist. */
export function kindOf(failure: HlsFailure): PlaybackErrorKind {
  const { networkDetails } = failure;
  if (typeof networkDetails === "object" && networkDetails !== null && "refusedPlaylist" in networkDetails) return "unverified";
  if (failure.type === "mediaError") return failure.details === "manifestIncompatibleCodecsError" ? "unsupported" : "decode";
  if (failure.type !== "networkError") return "other";
  const status = failure.response?.code;
  return failure.details === "manifestLoadError" && (status === 404 || status === 410) ? "gone" : "network";
}

/** How long to wait before trying again by itself, ms, or null to leave it to the viewer. `tries` counts from 0. */
export function retryDelay(kind: PlaybackErrorKind, tries: number): number | null {
  if (kind === "network" || kind === "unverified") return Math.min(1000 * 2 ** tries, 15_000);
  if (kind === "decode") return tries < 2 ? 0 : null;
  return null;
}

/** The sentence for the viewer. */
export function sentenceFor(kind: PlaybackErrorKind, m: Messages): string {
  const sentences: Record<PlaybackErrorKind, string> = {
    network: m.errorNetwork,
    gone: m.errorGone,
    decode: m.errorDecode,
    unverified: m.errorUnverified,
    unsupported: m.errorUnsupported,
    other: m.errorOther,
  };
  return sentences[kind];
}
