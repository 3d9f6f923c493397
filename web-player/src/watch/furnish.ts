/** What the page shows besides the picture: controls over it, and below it what is being watched and what P2P does. */
import { element } from "../element.ts";
import type { Engine } from "../engine-interface.ts";
import type { Course, Item } from "../item.ts";
import { getCourse, OriginError } from "../origin-api.ts";
import { aboutItem } from "./about.ts";
import { furnish } from "./player.ts";
import { ShelfPanel } from "./shelf-panel.ts";
import type { Started } from "./start.ts";
import { SwarmPanel } from "./swarm-panel.ts";

async function courseOf(item: Item): Promise<Course | null> {
  try {
    return await getCourse(item.course);
  } catch (error) {
    // The course's name is an ornament: the page does without it.
    if (error instanceof OriginError) return null;
    throw error;
  }
}

/** Furnish the page of an item whose stage stands in `main`. */
export async function furnishPage(
  main: HTMLElement,
  stage: HTMLElement,
  item: Item,
  started: Started | null,
  engine: Engine | null,
): Promise<void> {
  const panel = new SwarmPanel();
  panel.follow(engine);
  const shelf = new ShelfPanel();
  shelf.follow(engine);
  furnish(stage, item, started, panel.badge);
  const below = element("div", { class: "below" });
  main.append(below);
  below.append(aboutItem(item, await courseOf(item)), panel.root, shelf.root);
}
