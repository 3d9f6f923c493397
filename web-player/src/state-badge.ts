import { element } from "./element.ts";
import type { Item } from "./item.ts";
import type { Messages } from "./language/language.ts";

/** The state of an item in a word. */
export function stateWord(item: Pick<Item, "state" | "kind">, m: Messages): string {
  switch (item.state) {
    case "live":
      return m.stateLive;
    case "preparing":
      return m.statePreparing;
    case "failed":
      return m.stateFailed;
    case "ended":
      return m.stateEnded;
    case "ready":
      return m.stateReady;
  }
}

/** The word as a badge, coloured by state. */
export function stateBadge(item: Pick<Item, "state" | "kind">, m: Messages): HTMLElement {
  return element("span", { class: `state-badge ${item.state}` }, stateWord(item, m));
}
