/** media-chrome's controls around the video. Built anew when the language changes: its menus are labelled once. */
import "media-chrome/lang/zh-CN";
import "media-chrome/media-controller";
import "media-chrome/media-control-bar";
import "media-chrome/media-captions-button";
import "media-chrome/media-fullscreen-button";
import "media-chrome/media-mute-button";
import "media-chrome/media-pip-button";
import "media-chrome/media-play-button";
import "media-chrome/media-preview-thumbnail";
import "media-chrome/media-preview-time-display";
import "media-chrome/media-seek-backward-button";
import "media-chrome/media-seek-forward-button";
import "media-chrome/media-time-display";
import "media-chrome/media-time-range";
import "media-chrome/media-volume-range";
import "media-chrome/menu/media-audio-track-menu";
import "media-chrome/menu/media-captions-menu";
import "media-chrome/menu/media-playback-rate-menu";
import "media-chrome/menu/media-rendition-menu";
import "media-chrome/menu/media-settings-menu";
import "media-chrome/menu/media-settings-menu-button";
import "media-chrome/menu/media-settings-menu-item";
import { element } from "../element.ts";
import type { Item } from "../item.ts";
import { currentLanguage, languageTag, localised, type Messages } from "../language/language.ts";

const SVG = "http://www.w3.org/2000/svg";
const GEAR =
  "M19.4 13a7.500 7.500 0 0 0 0-2l2-1.600-2-3.400-2.400 1a7.500 7.500 0 0 0-1.700-1L15 3.500h-4l-.4 2.500a7.500 7.500 0 0 0-1.700 1l-2.400-1-2 " +
  "3.400 2 1.600a7.500 7.500 0 0 0 0 2l-2 1.600 2 3.400 2.400-1a7.500 7.500 0 0 0 1.700 1l.4 2.500h4l.4-2.500a7.500 7.500 0 0 0 1.700-1l2.400 1 " +
  "2-3.400zM13 15.500a3.500 3.500 0 1 1 0-7 3.500 3.500 0 0 1 0 7z";
const SPEEDS = "0.5 0.75 1 1.25 1.5 1.75 2";

/** What a page puts among the controls. */
export interface Additions {
  /** Over the picture, hidden with the controls. */
  readonly top: readonly HTMLElement[];
  /** In place of the time range, for a live class. */
  readonly bar: HTMLElement | null;
  /** In place of the time display. */
  readonly time: HTMLElement | null;
}

function submenu(title: string, name: string, attributes: Record<string, string> = {}): HTMLElement {
  const menu = element(name, { slot: "submenu", hidden: true, ...attributes }, element("div", { slot: "title" }, title));
  return element("media-settings-menu-item", {}, title, menu);
}

function settings(item: Item, m: Messages): HTMLElement {
  const menu = element("media-settings-menu", { hidden: true, anchor: "auto" });
  menu.append(submenu(m.speed, "media-playback-rate-menu", { rates: SPEEDS }), submenu(m.quality, "media-rendition-menu"));
  if (item.captions.length > 0) menu.append(submenu(m.captions, "media-captions-menu"));
  if (item.tracks.filter((track) => track.kind === "audio").length > 1) menu.append(submenu(m.audio, "media-audio-track-menu"));
  return menu;
}

function timeRange(): HTMLElement {
  const thumbnail = element("media-preview-thumbnail", { slot: "preview" });
  return element("media-time-range", {}, thumbnail, element("media-preview-time-display", { slot: "preview" }));
}

function gear(): Element {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("slot", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", GEAR);
  svg.append(path);
  return svg;
}

function buttons(item: Item, time: HTMLElement | null): HTMLElement {
  const captions = item.captions.length > 0 ? element("media-captions-button") : null;
  return element(
    "media-control-bar",
    { class: "buttons" },
    element("media-play-button"),
    element("media-seek-backward-button", { seekoffset: 10 }),
    element("media-seek-forward-button", { seekoffset: 10 }),
    element("media-mute-button"),
    element("media-volume-range"),
    time ?? element("media-time-display", { showduration: true }),
    element("span", { class: "space" }),
    captions,
    element("media-settings-menu-button", {}, gear()),
    element("media-pip-button"),
    element("media-fullscreen-button"),
  );
}

/** The controller with `video` and `overlay` (notices over the picture) in it. */
export function createControls(item: Item, video: HTMLElement, overlay: HTMLElement, additions: Additions): HTMLElement {
  const controller = element("media-controller", { class: "player", noautoseektolive: true });
  video.setAttribute("slot", "media");
  controller.append(video);
  const top = element("div", { slot: "top-chrome", class: "top" }, ...additions.top);
  let built: HTMLElement[] = [];
  localised((m) => {
    controller.setAttribute("lang", languageTag[currentLanguage()]);
    controller.setAttribute("aria-label", `${m.player}: ${item.title}`);
    for (const old of built) old.remove();
    const bar = element("media-control-bar", { class: "bar" }, additions.bar ?? timeRange());
    const big = element("media-play-button", { slot: "centered-chrome", class: "big", notooltip: true });
    // Not media-chrome's own: its picture turns while it is not shown, which costs half as much again as playing.
    const loading = element("span", { slot: "centered-chrome", class: "spinner", noautohide: true, "aria-hidden": "true" });
    built = [big, loading, settings(item, m), bar, buttons(item, additions.time)];
    controller.append(...built);
  });
  overlay.setAttribute("slot", "centered-chrome");
  overlay.setAttribute("noautohide", "");
  controller.append(top, overlay);
  return controller;
}
