/** An item on the page of courses. */
import { element } from "../element.ts";
import { formatDuration, formatMoment } from "../format.ts";
import type { Item } from "../item.ts";
import { languageTag, type Language, type Messages } from "../language/language.ts";
import { stateBadge } from "../state-badge.ts";
import { thumbnailAt, type Thumbnail } from "./thumbnail-cue.ts";

const HOW_FAR = 0.2;
const pictures = new Map<string, Promise<Thumbnail | null>>();

async function fetchThumbnail(address: string): Promise<Thumbnail | null> {
  const response = await fetch(address);
  return response.ok ? thumbnailAt(await response.text(), HOW_FAR, response.url) : null;
}

/** Fetched once for each page; a card without its picture is still a card. */
function thumbnailOf(address: string): Promise<Thumbnail | null> {
  const known = pictures.get(address) ?? fetchThumbnail(address).catch(() => null);
  pictures.set(address, known);
  return known;
}

function paint(picture: HTMLElement, { sheet, x, y, width, height }: Thumbnail): void {
  const scale = (picture.clientWidth || width) / width;
  const image = element("img", { src: sheet, alt: "" });
  image.style.cssText = `transform-origin: 0 0; transform: scale(${scale}) translate(${-x}px, ${-y}px);`;
  picture.style.aspectRatio = `${width} / ${height}`;
  picture.prepend(image);
}

const inSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting || !(target instanceof HTMLElement)) continue;
    inSight.unobserve(target);
    const address = target.dataset["thumbnails"];
    if (address !== undefined) {
      void thumbnailOf(address).then((thumbnail) => {
        if (thumbnail) paint(target, thumbnail);
      });
    }
  }
});

function pictureOf(item: Item): HTMLElement {
  const length = item.state === "ready" || item.state === "ended" ? formatDuration(item.duration) : null;
  const picture = element("span", { class: `picture ${item.kind}` }, length === null ? null : element("span", { class: "length" }, length));
  if (item.thumbnails !== null) {
    picture.dataset["thumbnails"] = item.thumbnails;
    inSight.observe(picture);
  }
  return picture;
}

/** Whether there is something to watch. */
const canBeWatched = (item: Item): boolean => item.state !== "preparing" && item.state !== "failed";

/** The card; a link unless there is nothing to watch yet. */
export function itemCard(item: Item, m: Messages, language: Language): HTMLElement {
  const when = m.startedAt(formatMoment(item.started ?? item.created, languageTag[language]));
  const facts = element("span", { class: "facts" }, stateBadge(item, m), item.kind === "class" ? element("span", {}, when) : null);
  const inside = [pictureOf(item), element("span", { class: "title" }, item.title), facts];
  if (!canBeWatched(item)) return element("div", { class: "card" }, ...inside);
  return element("a", { class: "card", href: `/watch/${encodeURIComponent(item.id)}` }, ...inside);
}
