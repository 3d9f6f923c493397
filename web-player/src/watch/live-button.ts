/** Says whether the viewer is at the live edge, and leads back to it. */
import { element } from "../element.ts";
import { formatDuration } from "../format.ts";
import { messages } from "../language/language.ts";
import type { ClassPlayback } from "./class-playback.ts";

export class LiveButton {
  readonly root = element("button", { type: "button", class: "go-live" });
  readonly #class: ClassPlayback;

  constructor(classPlayback: ClassPlayback) {
    this.#class = classPlayback;
    this.root.addEventListener("click", () => {
      classPlayback.goLive();
    });
  }

  /** To be called about twice a second. */
  update(): void {
    const m = messages();
    const span = this.#class.span();
    const atLive = this.#class.atLive();
    const behind = m.behindLive(formatDuration(span.edge - this.#class.position()));
    this.root.hidden = !span.live;
    this.root.classList.toggle("at-live", atLive);
    this.root.textContent = atLive ? m.live : `${behind} · ${m.goLive}`;
    this.root.setAttribute("aria-label", atLive ? m.atLive : m.goLive);
  }
}
