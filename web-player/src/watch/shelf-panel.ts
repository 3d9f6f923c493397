/** The panel of the lasting cache: its switch, how much is kept of how many lectures, and a button that removes it. */
import { element } from "../element.ts";
import type { Engine } from "../engine-interface.ts";
import { formatBytes } from "../format.ts";
import { localised, messages } from "../language/language.ts";
import type { Messages } from "../language/language.ts";
import type { LastingFigures } from "../shelf/lasting-cache.ts";
import { lastingWanted, wantLasting } from "./lasting-choice.ts";

const NOTHING: LastingFigures = { state: "unavailable", bytes: 0, lectures: 0, most: 0 };

function sentenceOf({ state, bytes, lectures, most }: LastingFigures, m: Messages): string {
  switch (state) {
    case "off":
      return m.lastingOff;
    case "opening":
      return m.lastingOpening;
    case "on":
      return m.lastingOn(formatBytes(bytes), lectures, formatBytes(most));
    case "unavailable":
      return m.lastingUnavailable;
  }
}

export class ShelfPanel {
  readonly root: HTMLElement;
  readonly #sentence = element("p", { class: "state" });
  readonly #switch = element("input", { type: "checkbox", role: "switch", id: "lasting", disabled: true, "aria-describedby": "lasting-explain" });
  readonly #clear = element("button", { type: "button" });
  /** Speaks of what the viewer did; the figures change too often to be read out. */
  readonly #done = element("p", { role: "status" });
  #engine: Engine | null = null;
  #cleared = false;

  constructor() {
    const title = element("h2", { id: "lasting-title" });
    const label = element("label", { for: "lasting" });
    const explain = element("p", { id: "lasting-explain" });
    const head = element("div", { class: "head" }, title, element("span", { class: "switch" }, this.#switch, label));
    const foot = element("div", { class: "head" }, this.#sentence, this.#clear);
    this.root = element("section", { class: "shelf", "aria-labelledby": "lasting-title" }, head, foot, this.#done, explain);
    localised((m) => {
      title.textContent = m.lasting;
      label.textContent = m.lastingSwitch;
      explain.textContent = m.lastingExplain;
      this.#clear.textContent = m.lastingClear;
      this.#render();
    });
  }

  /** Show an engine's lasting cache and let the controls act on it; without one they are dead. */
  follow(engine: Engine | null): void {
    this.#engine = engine;
    this.#switch.disabled = engine === null;
    if (engine === null) return;
    const { lasting } = engine;
    this.#switch.addEventListener("change", () => {
      wantLasting(this.#switch.checked);
      // Asked for with the viewer's own click, where browsers allow it, so that nothing is thrown out for want of room.
      if (this.#switch.checked && isSecureContext) void navigator.storage.persist().catch(() => false);
      this.#apply();
    });
    this.#clear.addEventListener("click", () => {
      void lasting.clear().then(() => { this.#render(true); });
    });
    // The choice holds for all tabs.
    addEventListener("storage", () => { this.#apply(); });
    lasting.onChange(() => { this.#render(); });
    this.#apply();
  }

  #apply(): void {
    this.#engine?.lasting.setEnabled(lastingWanted());
    this.#render();
  }

  #render(cleared = false): void {
    const figures = this.#engine?.lasting.figures() ?? NOTHING;
    const m = messages();
    this.#cleared = cleared || (this.#cleared && figures.bytes === 0);
    this.#switch.checked = figures.state !== "off" && this.#engine !== null;
    this.#sentence.textContent = sentenceOf(figures, m);
    this.#clear.hidden = figures.state !== "on";
    this.#clear.disabled = figures.bytes === 0;
    this.#done.textContent = this.#cleared ? m.lastingCleared : "";
    this.#done.hidden = !this.#cleared;
  }
}
