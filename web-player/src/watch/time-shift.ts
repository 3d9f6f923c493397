/**
 * Where in a class a moment lies, and which playlist shows it. Moments are Unix ms ("wall"), positions in the loaded
 * playlist are seconds ("media").
 *
 * A class is cut into closed windows on a grid from its start, so that all viewers who wind back ask for the same few
 * playlists, and a full one can be cached for ever (docs/http-api.md, `?start=MS`).
 */

/** Spacing of the windows' starts, ms. The origin lists up to an hour of whole segments: neighbours overlap by a minute. */
export const WINDOW_MS = 3_540_000;

/** What the live playlist lists, ms. */
export const LIVE_WINDOW_MS = 60_000;

/** A segment of the loaded playlist: media second and wall moment of its beginning. */
export interface Anchor {
  readonly media: number;
  readonly wall: number;
  /** ms */
  readonly duration: number;
}

/** The live playlist, or the closed window that starts at `start`. */
export type Source = { readonly kind: "live" } | { readonly kind: "window"; readonly start: number };

/** A class as far as it can be watched now. */
export interface Span {
  readonly started: number;
  /** End of the newest segment. */
  readonly edge: number;
  readonly live: boolean;
  /** Duration of a segment, ms. */
  readonly segment: number;
}

/** The first moment that is safe to play from the live playlist: two segments before it slides out. */
export function liveFrom(span: Span): number {
  return Math.max(span.started, span.edge - LIVE_WINDOW_MS + 2 * span.segment);
}

/** The window of the grid that holds `wall`. */
export function windowStart(wall: number, started: number): number {
  return started + Math.max(0, Math.floor((wall - started) / WINDOW_MS)) * WINDOW_MS;
}

/** Which playlist shows `wall`. */
export function sourceFor(wall: number, span: Span): Source {
  if (span.live && wall >= liveFrom(span)) return { kind: "live" };
  return { kind: "window", start: windowStart(wall, span.started) };
}

/**
 * What follows a closed window whose last segment ends at `end`, or null at the end of the class. It is the same window
 * again when that was loaded before it was full.
 */
export function sourceAfter(end: number, span: Span): Source | null {
  if (span.live && end >= liveFrom(span)) return { kind: "live" };
  if (span.edge - end < span.segment / 2) return null;
  return { kind: "window", start: windowStart(end, span.started) };
}

function anchorAt(anchors: readonly Anchor[], value: number, key: "media" | "wall"): Anchor | null {
  let low = 0;
  let high = anchors.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const anchor = anchors[middle];
    if (anchor && anchor[key] <= value) low = middle;
    else high = middle - 1;
  }
  return anchors[low] ?? null;
}

/** Media seconds of a moment, clamped to what the playlist lists; in a gap, the gap's end. Null: nothing is listed. */
export function mediaAt(wall: number, anchors: readonly Anchor[]): number | null {
  const anchor = anchorAt(anchors, wall, "wall");
  if (!anchor) return null;
  const into = Math.min(Math.max(0, wall - anchor.wall), anchor.duration);
  return anchor.media + into / 1000;
}

/** The moment shown at a media second, or null when nothing is listed. May lie outside of the list. */
export function wallAt(media: number, anchors: readonly Anchor[]): number | null {
  const anchor = anchorAt(anchors, media, "media");
  return anchor ? anchor.wall + (media - anchor.media) * 1000 : null;
}

/**
 * The newest moment of a class, followed between playlists. It learns how far the edge lies behind the viewer's clock,
 * so a wrong clock does not matter.
 */
export class LiveEdge {
  #lag: number | null = null;
  #newest: number;

  constructor(newest: number) {
    this.#newest = newest;
  }

  /** A playlist that ends at `edge` was read at `now` (viewer's clock). */
  observe(edge: number, now: number): void {
    this.#newest = Math.max(this.#newest, edge);
    this.#lag = now - this.#newest;
  }

  /** Where the edge is now; stands still until something has been observed. */
  at(now: number): number {
    return this.#lag === null ? this.#newest : Math.max(this.#newest, now - this.#lag);
  }
}
