/** A clock that only the test moves. */
import type { CancelTimer, Clock } from "../../src/net/worker-clock.ts";

export class FakeClock implements Clock {
  private time = 1000;
  private timers: { readonly at: number; readonly action: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, action: () => void): CancelTimer {
    const timer = { at: this.time + ms, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  close(): void {
    this.timers = [];
  }

  /** Let `ms` pass, with a turn for promises at each timer. */
  async run(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settled();
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = Math.max(next.at, this.time);
      next.action();
    }
    this.time = end;
    await settled();
  }
}

/** Let promises and streams have their turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
