/** A figure's definition beside its name: on hover, on focus by keyboard, on a tap. Escape closes it. */
import { element } from "../element.ts";
import type { Messages } from "../language/language.ts";

const MARGIN = 8;
let made = 0;

/** Below the button, or above where there is no room; never past the window's edge. */
function place(tip: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - tip.offsetWidth - MARGIN);
  const below = at.bottom + MARGIN;
  const top = below + tip.offsetHeight > innerHeight ? at.top - tip.offsetHeight - MARGIN : below;
  tip.style.left = `${Math.max(MARGIN, left)}px`;
  tip.style.top = `${Math.max(MARGIN, top)}px`;
}

/** A `?` button and the text that it shows. */
export function definition(name: string, text: string, m: Messages): HTMLElement {
  made += 1;
  const id = `definition-${made}`;
  const button = element("button", { type: "button", class: "ask", "aria-label": m.definitionOf(name), "aria-describedby": id }, "?");
  const tip = element("span", { class: "tip", role: "tooltip", id }, text);
  const root = element("span", { class: "definition" }, button, tip);
  const open = (): void => {
    place(tip, button);
    root.classList.add("open");
  };
  const close = (): void => {
    root.classList.remove("open");
  };
  button.addEventListener("pointerenter", open);
  button.addEventListener("focus", open);
  button.addEventListener("click", open);
  button.addEventListener("blur", close);
  root.addEventListener("pointerleave", close);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return root;
}
