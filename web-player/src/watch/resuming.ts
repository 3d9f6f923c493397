/** Continue a recording where the viewer left off. */
import { element } from "../element.ts";
import { formatDuration } from "../format.ts";
import type { Item } from "../item.ts";
import { localised } from "../language/language.ts";
import { saveResumePosition } from "./resume.ts";

const SAVE_EVERY = 5000;
const CHIP_STAYS = 10_000;

/** Remember the position while playing, and when the page is left. */
export function rememberPosition(item: Item, video: HTMLVideoElement): void {
  const save = (): void => {
    if (video.readyState > 0) saveResumePosition(item.id, video.currentTime, video.duration);
  };
  setInterval(() => {
    if (!video.paused) save();
  }, SAVE_EVERY);
  video.addEventListener("pause", save);
  video.addEventListener("ended", save);
  addEventListener("pagehide", save);
}

/** Says where playback continues, with a way back to the start; goes by itself. */
export function resumeChip(seconds: number, video: HTMLVideoElement): HTMLElement {
  const text = element("span", { role: "status" });
  const button = element("button", { type: "button" });
  const chip = element("div", { class: "chip" }, text, button);
  const stop = localised((m) => {
    text.textContent = m.resumedAt(formatDuration(seconds * 1000));
    button.textContent = m.startOver;
  });
  const leave = (): void => {
    stop();
    chip.remove();
  };
  button.addEventListener("click", () => {
    video.currentTime = 0;
    leave();
  });
  setTimeout(() => {
    if (!chip.contains(document.activeElement)) leave();
    else button.addEventListener("blur", leave);
  }, CHIP_STAYS);
  return chip;
}
