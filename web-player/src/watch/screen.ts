/** The video as media-chrome knows it: an element around it that lists qualities and sound tracks for the menus. */
import { CustomVideoElement } from "custom-media-element";
import Hls from "hls.js";
import { MediaTracksMixin } from "media-tracks";
import { element } from "../element.ts";
import type { Caption, Item } from "../item.ts";
import type { Playback } from "./playback.ts";

/** A quality in media-chrome's menu; `id` is hls.js's number of it. */
export interface Rendition {
  readonly id?: string;
  readonly width?: number;
  readonly height?: number;
}

export interface RenditionList extends EventTarget, Iterable<Rendition> {
  selectedIndex: number;
}

interface SoundTrack {
  id?: string;
  enabled: boolean;
}

interface Picture {
  id?: string;
  selected: boolean;
  addRendition(url: string, width: number, height: number, codec: string | undefined, bitrate: number): { id?: string };
}

export interface Screen extends HTMLElement {
  readonly videoRenditions: RenditionList;
  readonly videoTracks: Iterable<Picture>;
  readonly audioTracks: EventTarget & Iterable<SoundTrack>;
  addVideoTrack(kind: string): Picture;
  removeVideoTrack(track: Picture): void;
  addAudioTrack(kind: string, label: string, language?: string): SoundTrack;
  removeAudioTrack(track: SoundTrack): void;
}

const NAME = "banyan-screen";

// The libraries' own types extend constructors, which TypeScript cannot follow.
const Base = MediaTracksMixin(CustomVideoElement) as unknown as new () => HTMLElement;
customElements.define(NAME, class extends Base {});

function captionTrack(caption: Caption): HTMLElement {
  return element("track", { kind: "subtitles", src: caption.url, srclang: caption.language, label: caption.name });
}

/** Put an element around the video that plays, with captions and thumbnails. The video goes on playing. */
export function createScreen(item: Item, { video, hls }: Playback): Screen {
  const screen = element(NAME, { muted: video.muted }) as Screen;
  if (item.thumbnails !== null) {
    screen.append(element("track", { kind: "metadata", label: "thumbnails", default: true, src: item.thumbnails }));
  }
  screen.append(...item.captions.map(captionTrack));
  video.setAttribute("slot", "media");
  screen.append(video);
  if (hls) {
    listQualities(screen, hls);
    listSound(screen, hls);
  }
  return screen;
}

function listQualities(screen: Screen, hls: Hls): void {
  const list = (): void => {
    for (const old of [...screen.videoTracks]) screen.removeVideoTrack(old);
    const track = screen.addVideoTrack("main");
    track.id = "main";
    track.selected = true;
    for (const [index, { url, width, height, videoCodec, bitrate }] of hls.levels.entries()) {
      track.addRendition(url[0] ?? "", width, height, videoCodec, bitrate).id = String(index);
    }
  };
  hls.on(Hls.Events.MANIFEST_PARSED, list);
  hls.on(Hls.Events.LEVELS_UPDATED, list);
  if (hls.levels.length > 0) list();
  screen.videoRenditions.addEventListener("change", () => {
    const { selectedIndex } = screen.videoRenditions;
    if (selectedIndex !== hls.nextLevel) hls.nextLevel = selectedIndex;
  });
}

function listSound(screen: Screen, hls: Hls): void {
  const list = (): void => {
    for (const old of [...screen.audioTracks]) screen.removeAudioTrack(old);
    for (const [index, { default: main, name, lang }] of hls.audioTracks.entries()) {
      const track = screen.addAudioTrack(main ? "main" : "alternative", name, lang);
      track.id = String(index);
      if (main) track.enabled = true;
    }
  };
  hls.on(Hls.Events.MANIFEST_PARSED, list);
  if (hls.levels.length > 0) list();
  screen.audioTracks.addEventListener("change", () => {
    const chosen = [...screen.audioTracks].findIndex((track) => track.enabled);
    if (chosen >= 0 && chosen < hls.audioTracks.length && chosen !== hls.audioTrack) hls.audioTrack = chosen;
  });
}
