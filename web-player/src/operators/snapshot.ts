/** The operators' figures as the origin tells them (docs/http-api.md). Rates bit/s, sizes bytes, times ms. */

export interface OriginBytes {
  readonly media: number;
  readonly proofs: number;
  readonly playlists: number;
  readonly rest: number;
  readonly to_seeders: number;
}

export interface Figures {
  readonly viewers: number;
  readonly seeders: number;
  readonly p2p_viewers: number;
  readonly origin_bps: number;
  readonly peer_bps: number;
  readonly seeder_bps: number;
  readonly played_bps: number;
  readonly offload: number | null;
  readonly fluency: number | null;
  readonly startup_p50: number | null;
  readonly rejected: number;
  readonly origin_bytes: OriginBytes;
  readonly peer_bytes: number;
  readonly seeder_bytes: number;
  readonly played_bytes: number;
}

export interface ItemFigures extends Figures {
  readonly item: string;
  readonly title: string;
  readonly course: string;
  readonly kind: "lecture" | "class";
}

export interface Snapshot {
  readonly now: number;
  readonly total: Figures;
  readonly items: readonly ItemFigures[];
}

export interface Point {
  readonly time: number;
  readonly viewers: number;
  readonly origin_bps: number;
  readonly peer_bps: number;
  readonly seeder_bps: number;
  readonly played_bps: number;
  readonly offload: number | null;
  readonly fluency: number | null;
}

/** Spacing of the points kept, ms; the origin's history has the same. */
export const POINT_SPACING = 5000;

/** What is kept of the past, ms. */
export const HISTORY = 3_600_000;

/** The point that a snapshot makes in the history. */
export function pointOf({ now, total }: Snapshot): Point {
  const { viewers, origin_bps, peer_bps, seeder_bps, played_bps, offload, fluency } = total;
  return { time: now, viewers, origin_bps, peer_bps, seeder_bps, played_bps, offload, fluency };
}

/** Add a point unless one is there from less than the spacing ago; drop what is older than the history. */
export function withPoint(points: readonly Point[], point: Point): readonly Point[] {
  const last = points.at(-1);
  if (last && point.time - last.time < POINT_SPACING) return points;
  return [...points.filter(({ time }) => time > point.time - HISTORY), point];
}

/** Join the origin's history with points that came meanwhile. */
export function joined(history: readonly Point[], since: readonly Point[]): readonly Point[] {
  return since.reduce(withPoint, history);
}
