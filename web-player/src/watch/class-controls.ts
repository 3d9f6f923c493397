/** Time shift, go-live and the end of a class that was live when the page was opened. */
import { getItem, OriginError } from "../origin-api.ts";
import type { ClassPlayback } from "./class-playback.ts";
import type { LiveButton } from "./live-button.ts";
import type { Speed } from "./speed.ts";
import type { TimeShiftBar } from "./time-shift-bar.ts";
import { wallAt } from "./time-shift.ts";

const TICK = 500;
/** How often the origin is asked whether the class goes on while no live playlist tells, ms. */
const ASK = 15_000;

/** Media-chrome's keys and buttons seek within the loaded playlist; here they seek within the class. */
function takeSeeks(shown: ClassPlayback, controls: HTMLElement): void {
  controls.addEventListener("mediaseekrequest", (event) => {
    const wall = wallAt((event as CustomEvent<number>).detail, shown.playback.anchors());
    event.stopImmediatePropagation();
    if (wall !== null) shown.seek(wall);
  }, true);
}

async function askWhetherOver(shown: ClassPlayback): Promise<void> {
  if (!shown.span().live || shown.source.kind === "live") return;
  try {
    const item = await getItem(shown.item.id);
    if (item.state !== "live") shown.end(shown.started + item.duration);
  } catch (error) {
    // Playback shows a lost connection; this is asked again.
    if (!(error instanceof OriginError)) throw error;
  }
}

/** Keep bar, button and playlists going. */
export function runClass(shown: ClassPlayback, bar: TimeShiftBar, button: LiveButton, speed: Speed, controls: HTMLElement): void {
  takeSeeks(shown, controls);
  setInterval(() => {
    shown.tick();
    bar.update();
    button.update();
    if (shown.atLive()) speed.caughtUp();
  }, TICK);
  setInterval(() => {
    void askWhetherOver(shown);
  }, ASK);
}
