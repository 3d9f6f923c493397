/**
 * `/watch/<item>`: the player.
 *
 * For tests and for people who look closely, `window.banyan` holds what plays (see `Hook`). Reading it is fine; the
 * page may change it at any time, and nothing that is set there is looked at.
 */
import Hls from "hls.js";
import "./style/base.css";
import "./style/watch.css";
import { element } from "./element.ts";
import type { Engine } from "./engine-interface.ts";
import type { Item } from "./item.ts";
import { localised, type Messages } from "./language/language.ts";
import { getItem, itemInPage, OriginError } from "./origin-api.ts";
import { pageFrame } from "./page-frame.ts";
import { loadEngine } from "./watch/engine-loader.ts";
import { lastingWanted } from "./watch/lasting-choice.ts";
import { p2pWanted, sharingAgreed } from "./watch/p2p-choice.ts";
import { firstPicture, startItem } from "./watch/start.ts";

export interface Hook {
  /** Null where the browser plays HLS by itself. */
  readonly hls: Hls | null;
  /** Null when the page plays without P2P for want of the engine. */
  readonly engine: Engine | null;
  readonly video: HTMLVideoElement;
  readonly item: Item;
}

declare global {
  interface Window {
    banyan?: Hook;
  }
}

/** Time between looks at an item that is not ready or a server that does not answer, ms. */
const LOOK_AGAIN = 5000;

/** The item that the address names, or null. */
export function itemOfPath(path: string): string | null {
  return /^\/watch\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1] ?? null;
}

function say(main: HTMLElement, text: (m: Messages) => string): void {
  const sentence = element("p", { role: "status" });
  const link = element("a", { href: "/" });
  main.replaceChildren(element("div", { class: "message" }, sentence, link));
  localised((m) => {
    sentence.textContent = text(m);
    link.textContent = m.backToCourses;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Wait until the item can be watched, saying why it cannot yet. Null: it never will. */
async function watchableItem(id: string, main: HTMLElement): Promise<Item | null> {
  let known = itemInPage();
  for (;;) {
    try {
      const item = known ?? await getItem(id);
      known = null;
      if (item.state !== "preparing" && item.state !== "failed") return item;
      say(main, (m) => (item.state === "failed" ? m.failed : m.preparing));
      if (item.state === "failed") return null;
    } catch (error) {
      if (!(error instanceof OriginError)) throw error;
      say(main, (m) => (error.status === 404 ? m.notFound : error.status === 0 ? m.noConnection : m.serverSaid(error.message)));
      if (error.status === 404) return null;
    }
    await pause(LOOK_AGAIN);
  }
}

async function show(item: Item, main: HTMLElement): Promise<void> {
  document.title = `${item.title} · Banyan`;
  const about = { Hls, id: item.id, item: Promise.resolve(item), baseUrl: new URL("/", location.href) };
  const engine = await loadEngine({ ...about, enabled: p2pWanted(), sharing: sharingAgreed(), lasting: lastingWanted() });
  // A page that is kept for the way back (`persisted`) goes on with its engine.
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted) engine?.destroy();
  });
  const stage = element("div", { class: "stage" });
  main.replaceChildren(stage);
  const started = startItem(item, stage, engine);
  if (started) {
    const { hls, video } = started.playback;
    window.banyan = { hls, engine, video, item };
    await firstPicture(started);
  }
  try {
    const { furnishPage } = await import("./watch/furnish.ts");
    await furnishPage(main, stage, item, started, engine);
  } catch (error) {
    console.error("The controls could not be loaded; the browser's own stand in.", error);
    if (started) started.playback.video.controls = true;
  }
}

async function run(): Promise<void> {
  const main = pageFrame();
  const id = itemOfPath(location.pathname);
  if (id === null) {
    say(main, (m) => m.notFound);
    return;
  }
  const item = await watchableItem(id, main);
  if (item) await show(item, main);
}

void run();
