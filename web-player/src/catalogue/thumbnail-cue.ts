/** One picture out of a WebVTT sheet of thumbnails: cues whose text is `sheet.jpg#xywh=X,Y,W,H`. */

export interface Thumbnail {
  /** Absolute address of the sheet. */
  readonly sheet: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const CUE = /^(?<sheet>\S+)#xywh=(?:pixel:)?(?<x>\d+),(?<y>\d+),(?<width>\d+),(?<height>\d+)$/gm;

/** The picture about `share` (0 to 1) of the way through, or null where the file holds none. `base`: the file's address. */
export function thumbnailAt(webvtt: string, share: number, base: string): Thumbnail | null {
  const cues = [...webvtt.replaceAll("\r", "").matchAll(CUE)];
  const groups = cues[Math.min(cues.length - 1, Math.floor(cues.length * share))]?.groups;
  if (!groups) return null;
  const { sheet = "", x, y, width, height } = groups;
  const numbers = { x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
  if (numbers.width === 0 || numbers.height === 0) return null;
  return { sheet: new URL(sheet, base).href, ...numbers };
}
