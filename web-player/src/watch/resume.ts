/** Where a viewer left off, for each item. Kept small: the newest items alone. */
import { remember, remembered } from "../preferences.ts";

const NAME = "positions";
const MOST = 200;
/** Less than this from either end is not worth continuing, s. */
const MARGIN = 15;

type Positions = [item: string, seconds: number][];

function isPosition(entry: unknown): entry is [string, number] {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}

/** Read what was stored; anything broken counts as nothing. */
export function parsePositions(text: string | null): Positions {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isPosition).slice(-MOST) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Put a position at the end of the list, or take it out where it is too near the start or the end. */
export function withPosition(positions: Positions, item: string, seconds: number, duration: number): Positions {
  const others = positions.filter(([id]) => id !== item);
  if (seconds < MARGIN || seconds > duration - MARGIN) return others;
  return [...others, [item, Math.floor(seconds)] as [string, number]].slice(-MOST);
}

/** Seconds to continue at, or null to start at the beginning. */
export function resumePosition(item: string): number | null {
  return parsePositions(remembered(NAME)).find(([id]) => id === item)?.[1] ?? null;
}

/** Remember how far an item of `duration` seconds was watched. */
export function saveResumePosition(item: string, seconds: number, duration: number): void {
  if (!Number.isFinite(seconds) || !Number.isFinite(duration)) return;
  remember(NAME, JSON.stringify(withPosition(parsePositions(remembered(NAME)), item, seconds, duration)));
}
