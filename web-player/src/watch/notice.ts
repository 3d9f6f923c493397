/** One message over the picture, with at most one thing to do about it. */
import { element } from "../element.ts";
import { localised, type Messages } from "../language/language.ts";

export interface Notice {
  readonly text: (m: Messages) => string;
  readonly detail?: string;
  readonly action?: { readonly label: (m: Messages) => string; readonly run: () => void };
}

export class NoticeBoard {
  readonly root = element("div", { class: "notice", role: "alert", hidden: true });
  #stop: (() => void) | null = null;

  /** Show a notice in place of the one before; null clears. */
  show(notice: Notice | null): void {
    this.#stop?.();
    this.#stop = null;
    this.root.hidden = notice === null;
    if (notice === null) this.root.replaceChildren();
    else this.#stop = localised((m) => {
      this.#render(notice, m);
    });
  }

  #render(notice: Notice, m: Messages): void {
    const detail = notice.detail === undefined ? null : element("small", {}, m.errorDetail(notice.detail));
    const { action } = notice;
    const button = action ? element("button", { type: "button", class: "primary" }, action.label(m)) : null;
    button?.addEventListener("click", () => action?.run());
    this.root.replaceChildren(element("p", {}, notice.text(m)), ...[detail, button].filter((child) => child !== null));
  }
}
