/** The controls of what plays, put around it once it does. */
import Hls from "hls.js";
import type { Item } from "../item.ts";
import { ClassPlayback } from "./class-playback.ts";
import { runClass } from "./class-controls.ts";
import { createControls, type Additions } from "./controls.ts";
import { LiveButton } from "./live-button.ts";
import { NoticeBoard } from "./notice.ts";
import { sentenceFor } from "./playback-error.ts";
import { keepQuality } from "./quality.ts";
import type { Recovery } from "./recovery.ts";
import { rememberPosition, resumeChip } from "./resuming.ts";
import { createScreen } from "./screen.ts";
import { Speed } from "./speed.ts";
import type { Started } from "./start.ts";
import { TimeShiftBar } from "./time-shift-bar.ts";

/** Furnish the stage of an item. A live class gets the bar over all of it; null is a browser that cannot play. */
export function furnish(stage: HTMLElement, item: Item, started: Started | null, badge: HTMLElement): void {
  const notices = new NoticeBoard();
  if (started === null) {
    stage.append(notices.root);
    notices.show({ text: (m) => m.errorUnsupported });
    return;
  }
  showTroubles(started.recovery, notices);
  if (item.state === "live" && Hls.isSupported()) furnishClass(stage, item, started, notices, badge);
  else furnishRecording(stage, item, started, notices, badge);
}

function showTroubles(recovery: Recovery, notices: NoticeBoard): void {
  const action = {
    label: (m: { retry: string }) => m.retry,
    run: () => {
      recovery.retry();
    },
  };
  recovery.tell((trouble) => {
    notices.show(trouble && { text: (m) => sentenceFor(trouble.kind, m), detail: trouble.detail, action });
  });
}

function furnishRecording(stage: HTMLElement, item: Item, started: Started, notices: NoticeBoard, badge: HTMLElement): void {
  const { playback, resumed } = started;
  surround(stage, item, started, notices, { top: [badge], bar: null, time: null });
  if (item.state !== "live") rememberPosition(item, playback.video);
  if (resumed !== null) stage.append(resumeChip(resumed, playback.video));
}

function furnishClass(stage: HTMLElement, item: Item, started: Started, notices: NoticeBoard, badge: HTMLElement): void {
  const shown = new ClassPlayback(item, started.playback);
  const [bar, button] = [new TimeShiftBar(shown), new LiveButton(shown)];
  const additions = { top: [badge], bar: bar.root, time: button.root };
  const { controls, speed } = surround(stage, item, started, notices, additions);
  runClass(shown, bar, button, speed, controls);
  shown.onFinished = () => {
    showEnd(notices);
  };
}

function surround(
  stage: HTMLElement,
  item: Item,
  { playback }: Started,
  notices: NoticeBoard,
  additions: Additions,
): { controls: HTMLElement; speed: Speed } {
  const screen = createScreen(item, playback);
  const controls = createControls(item, screen, notices.root, additions);
  stage.append(controls);
  keepQuality(playback, screen.videoRenditions, controls);
  return { controls, speed: new Speed(playback, controls) };
}

function showEnd(notices: NoticeBoard): void {
  const reload = (): void => {
    location.reload();
  };
  notices.show({ text: (m) => m.classEnded, action: { label: (m) => m.watchFromStart, run: reload } });
}
