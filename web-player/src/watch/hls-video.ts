/** hls-video-element as the page uses it: its own types extend a constructor, which TypeScript cannot follow. */
import "hls-video-element";
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";

/** A quality in media-chrome's menu. */
export interface Rendition {
  readonly id?: string;
  readonly width?: number;
  readonly height?: number;
}

export interface RenditionList extends EventTarget, Iterable<Rendition> {
  selectedIndex: number;
}

export interface HlsVideo extends HTMLElement {
  config: Partial<HlsConfig> | null;
  /** Missing until a source is set, and where the browser plays HLS by itself. */
  readonly api?: Hls | null;
  readonly nativeEl: HTMLVideoElement;
  readonly videoRenditions?: RenditionList;
}

declare global {
  interface HTMLElementTagNameMap {
    "hls-video": HlsVideo;
  }
}

/** A new element, not yet in the page. */
export function createHlsVideo(): HlsVideo {
  return document.createElement("hls-video");
}

/** Set the first source. Resolves once `api` is there, or with null where the browser plays HLS by itself. */
export async function openHlsVideo(video: HlsVideo, url: string, config: Partial<HlsConfig>): Promise<Hls | null> {
  video.config = config;
  video.setAttribute("src", url);
  // The element makes its instance a microtask or two after the attribute changed.
  for (let turn = 0; turn < 8 && !video.api; turn += 1) await Promise.resolve();
  return video.api ?? null;
}
