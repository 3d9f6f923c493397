/** What is being watched, below the picture. */
import { element } from "../element.ts";
import { formatDuration, formatMoment } from "../format.ts";
import type { Course, Item } from "../item.ts";
import { languageTag, localised } from "../language/language.ts";
import { stateBadge } from "../state-badge.ts";

/** Title, course, state, date and duration of an item. */
export function aboutItem(item: Item, course: Course | null): HTMLElement {
  const facts = element("p", { class: "facts" });
  localised((m, language) => {
    const moment = formatMoment(item.started ?? item.created, languageTag[language]);
    const when = item.kind === "class" ? m.startedAt(moment) : m.publishedAt(moment);
    const length = item.state === "live" ? null : element("span", {}, formatDuration(item.duration));
    const link = course ? element("a", { href: `/#${course.id}` }, course.title) : null;
    const parts = [stateBadge(item, m), link, element("span", {}, when), length];
    facts.replaceChildren(...parts.filter((part) => part !== null));
  });
  return element("div", { class: "about" }, element("h1", {}, item.title), facts);
}
