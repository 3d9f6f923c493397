/** Says where in the class the viewer is, and leads back to the live edge. */
import { element } from "../element.ts";
import { formatDuration } from "../format.ts";
import { messages } from "../language/language.ts";
import type { ClassPlayback } from "./class-playback.ts";

export class LiveButton {
  readonly root: HTMLElement;
  readonly #button = element("button", { type: "button", class: "go-live" });
  readonly #position = element("span", { class: "position" });
  readonly #class: ClassPlayback;

  constructor(classPlayback: ClassPlayback) {
    this.#class = classPlayback;
    this.root = element("div", { class: "class-time" }, this.#button, this.#position);
    this.#button.addEventListener("click", () => {
      classPlayback.goLive();
    });
  }

  /** To be called about twice a second. */
  update(): void {
    const m = messages();
    const span = this.#class.span();
    const atLive = this.#class.atLive();
    const position = this.#class.position();
    const behind = m.behindLive(formatDuration(span.edge - position));
    this.#button.hidden = !span.live;
    this.#button.classList.toggle("at-live", atLive);
    this.#button.textContent = atLive ? m.live : `${behind} · ${m.goLive}`;
    this.#button.setAttribute("aria-label", atLive ? m.atLive : m.goLive);
    const [at, length] = [formatDuration(position - span.started), formatDuration(span.edge - span.started)];
    this.#position.textContent = atLive ? at : `${at} / ${length}`;
  }
}
