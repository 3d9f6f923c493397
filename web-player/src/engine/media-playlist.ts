/** What a verified media playlist lists (RFC 8216): sequence, id, size and duration of each content-named segment. */
import { IdentityError } from "./errors.ts";
import { blockCount, idBytes } from "./identity.ts";

const SEGMENT = /(?:^|\/)media\/([A-Za-z0-9_-]{43})\.m4s$/;
const MOST_SEGMENTS = 20_000;
const SECOND = 1000;

/** One segment. `size` in bytes, `duration` in ms. */
export interface ListedSegment {
  readonly sequence: number;
  readonly id: string;
  readonly size: number;
  readonly duration: number;
}

/** `live` while the playlist may still grow. */
export interface MediaPlaylist {
  readonly live: boolean;
  readonly segments: readonly ListedSegment[];
}

/** The id in the address of a segment; undefined when it is not named by its content. */
export function segmentIdOf(address: string): string | undefined {
  return SEGMENT.exec(address)?.[1];
}

/**
 * Read a media playlist. Segments that are not named by their content, or whose size is not told or impossible, are
 * left out: they are played over plain HTTP.
 */
export function readMediaPlaylist(text: string): MediaPlaylist {
  const segments: ListedSegment[] = [];
  let sequence = 0;
  let size = 0;
  let duration = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#EXT-X-MEDIA-SEQUENCE:")) sequence = numberAfter(line);
    else if (line.startsWith("#BANYAN-SIZE:")) size = numberAfter(line);
    else if (line.startsWith("#EXTINF:")) duration = Math.round(numberAfter(line) * SECOND);
    else if (line !== "" && !line.startsWith("#")) {
      const segment = { sequence, id: segmentIdOf(line) ?? "", size, duration };
      if (isUsable(segment) && segments.length < MOST_SEGMENTS) segments.push(segment);
      sequence += 1;
      size = 0;
    }
  }
  return { live: !/^#EXT-X-ENDLIST\s*$/m.test(text), segments };
}

function numberAfter(line: string): number {
  const value = Number.parseFloat(line.slice(line.indexOf(":") + 1));
  return Number.isFinite(value) && value >= 0 ? value : 0;
}

function isUsable({ sequence, id, size, duration }: ListedSegment): boolean {
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(size) || duration <= 0) return false;
  try {
    idBytes(id);
    blockCount(size);
    return true;
  } catch (error) {
    if (error instanceof IdentityError) return false;
    throw error;
  }
}
