/** The tracker's end of a WebSocket. */
import { FROM_TRACKER, TO_TRACKER } from "../../src/engine/codec.ts";
import type { FromTracker, ToTracker } from "../../src/engine/messages.ts";

export class FakeSocket extends EventTarget {
  static opened: FakeSocket[] = [];
  /** Whether the tracker answers announces, naming nobody. */
  static answers = false;
  bufferedAmount = 0;
  closed = false;
  readonly sent: ToTracker[] = [];

  constructor() {
    super();
    FakeSocket.opened.push(this);
  }

  send(data: Uint8Array): void {
    const message = TO_TRACKER.decode(data);
    this.sent.push(message);
    if (FakeSocket.answers && message.type === "Announce") this.say({ type: "Candidates", item: message.item, peers: [] });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }

  say(message: FromTracker): void {
    this.raw(FROM_TRACKER.encode(message).slice().buffer);
  }

  raw(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}
