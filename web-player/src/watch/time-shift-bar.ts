/** The bar over a whole class since its start. A native range input: touch, keyboard and screen readers come with it. */
import { element } from "../element.ts";
import { formatClock, formatDuration } from "../format.ts";
import { currentLanguage, languageTag, messages } from "../language/language.ts";
import type { ClassPlayback } from "./class-playback.ts";

/** What the keys move by, s. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -5,
  ArrowDown: -5,
  ArrowRight: 5,
  ArrowUp: 5,
  PageDown: -60,
  PageUp: 60,
};

/** Wait this long after the last key before a seek, which may load a playlist, ms. */
const SETTLE = 250;

export class TimeShiftBar {
  readonly root: HTMLElement;
  readonly #class: ClassPlayback;
  readonly #range = element("input", { type: "range", min: 0, max: 1, value: 1, step: 1 });
  readonly #bubble = element("output", { class: "bubble", hidden: true });
  #held = false;
  #settle: ReturnType<typeof setTimeout> | null = null;

  constructor(classPlayback: ClassPlayback) {
    this.#class = classPlayback;
    this.root = element("div", { class: "time-shift" }, this.#range, this.#bubble);
    this.#range.addEventListener("input", () => {
      this.#held = true;
      this.#paint();
    });
    this.#range.addEventListener("change", () => {
      this.#seek();
    });
    this.#range.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    this.#previewOnHover();
  }

  /** Follow the class; to be called about twice a second. */
  update(): void {
    if (this.#held) return;
    const { started, edge } = this.#class.span();
    this.#range.max = String(Math.max(1, (edge - started) / 1000));
    const position = this.#class.atLive() ? edge : this.#class.position();
    this.#range.value = String((position - started) / 1000);
    this.#paint();
  }

  #seek(): void {
    this.#held = false;
    this.#settle = null;
    if (this.#range.valueAsNumber >= Number(this.#range.max) - 1 && this.#class.span().live) this.#class.goLive();
    else this.#class.seek(this.#class.started + this.#range.valueAsNumber * 1000);
    this.update();
  }

  #onKey(event: KeyboardEvent): void {
    const target = this.#targetOf(event.key);
    if (target === null) return;
    // media-chrome's own keys would seek once more.
    event.preventDefault();
    event.stopPropagation();
    this.#held = true;
    this.#range.value = String(target);
    this.#paint();
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      this.#seek();
    }, SETTLE);
  }

  #targetOf(key: string): number | null {
    if (key === "Home") return 0;
    if (key === "End") return Number(this.#range.max);
    const step = STEPS[key];
    return step === undefined ? null : this.#range.valueAsNumber + step;
  }

  #paint(): void {
    const length = Number(this.#range.max);
    const value = this.#range.valueAsNumber;
    const behind = length - value;
    const m = messages();
    const position = formatDuration(value * 1000);
    const atLive = behind < 1 && this.#class.span().live;
    this.#range.style.setProperty("--played", `${(value / length) * 100}%`);
    this.#range.setAttribute("aria-label", m.timeShift);
    this.#range.setAttribute(
      "aria-valuetext",
      atLive ? m.timeShiftAtLive(position) : m.timeShiftValue(position, formatDuration(behind * 1000)),
    );
    if (this.#held) this.#showBubble(value / length);
  }

  #previewOnHover(): void {
    this.#range.addEventListener("pointermove", (event) => {
      const box = this.#range.getBoundingClientRect();
      this.#showBubble(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    });
    for (const name of ["pointerleave", "blur", "change"]) {
      this.#range.addEventListener(name, () => {
        this.#bubble.hidden = true;
      });
    }
  }

  #showBubble(share: number): void {
    const into = share * Number(this.#range.max) * 1000;
    const clock = formatClock(this.#class.started + into, languageTag[currentLanguage()]);
    this.#bubble.hidden = false;
    this.#bubble.textContent = `${formatDuration(into)} · ${clock}`;
    this.#bubble.style.setProperty("--at", `${share * 100}%`);
  }
}
