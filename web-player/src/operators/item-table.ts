/** The same figures for each item, most watched first. */
import { element } from "../element.ts";
import { formatRate, formatShare, formatShortTime } from "../format.ts";
import type { Messages } from "../language/language.ts";
import { definition } from "./definition.ts";
import type { ItemFigures } from "./snapshot.ts";

type Name = keyof Messages["figure"];

const columns: readonly (readonly [Name, (figures: ItemFigures) => string])[] = [
  ["viewers", (f) => String(f.viewers)],
  ["p2pViewers", (f) => String(f.p2p_viewers)],
  ["offload", (f) => formatShare(f.offload, 1)],
  ["originRate", (f) => formatRate(f.origin_bps)],
  ["peerRate", (f) => formatRate(f.peer_bps)],
  ["seederRate", (f) => formatRate(f.seeder_bps)],
  ["fluency", (f) => formatShare(f.fluency, 2)],
  ["startup", (f) => formatShortTime(f.startup_p50)],
  ["rejected", (f) => String(f.rejected)],
];

export interface ItemTable {
  readonly root: HTMLElement;
  update(items: readonly ItemFigures[]): void;
}

function rowOf(figures: ItemFigures): HTMLElement {
  const link = element("a", { href: `/watch/${encodeURIComponent(figures.item)}` }, figures.title);
  return element("tr", {}, element("th", { scope: "row" }, link), ...columns.map(([, write]) => element("td", {}, write(figures))));
}

/** Most watched first; equal ones by title, so that rows do not jump. */
export function ordered(items: readonly ItemFigures[]): ItemFigures[] {
  return [...items].sort((a, b) => b.viewers - a.viewers || a.title.localeCompare(b.title));
}

/** The table in one language. */
export function createItemTable(m: Messages): ItemTable {
  const names = columns.map(([name]) =>
    element("th", { scope: "col" }, element("span", {}, m.figure[name]), definition(m.figure[name], m.definition[name], m)),
  );
  const body = element("tbody");
  const head = element("thead", {}, element("tr", {}, element("th", { scope: "col" }, m.tableItem), ...names));
  const empty = element("p", { class: "quiet" }, m.tableEmpty);
  const scroller = element("div", { class: "scroller", tabindex: 0, role: "region", "aria-labelledby": "items-title" }, element("table", {}, head, body));
  return {
    root: element("section", {}, element("h2", { id: "items-title" }, m.tableTitle), scroller, empty),
    update: (items) => {
      scroller.hidden = items.length === 0;
      empty.hidden = items.length > 0;
      // A focused link would lose its focus every second.
      if (!body.contains(document.activeElement)) body.replaceChildren(...ordered(items).map(rowOf));
    },
  };
}
