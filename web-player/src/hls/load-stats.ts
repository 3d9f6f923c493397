/** What hls.js keeps about a load. Times are ms of `performance.now()`, sizes bytes. */
import type { LoaderStats } from "hls.js";

/** The stats of a load that has not begun. */
export function freshStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}
