/** A clock in whole ms whose timers keep their time in hidden tabs. */

/** Cancels a timer; harmless when it has gone off. */
export type CancelTimer = () => void;

/** Time and timers as the engine's shell uses them. */
export interface Clock {
  /** Whole ms of a clock that never goes back. */
  now(): number;
  /** Call back once, `ms` from now. */
  after(ms: number, action: () => void): CancelTimer;
  /** Stop all timers. */
  close(): void;
}

/** Timers from a worker; from the page itself where workers cannot be had. */
export class WorkerClock implements Clock {
  private readonly worker: Worker | undefined = startWorker();
  private readonly pending = new Map<number, () => void>();
  private next = 0;

  constructor() {
    this.worker?.addEventListener("message", ({ data }: MessageEvent<number>) => {
      this.fire(data);
    });
    this.worker?.addEventListener("error", () => {
      for (const id of this.pending.keys()) this.fire(id);
    });
  }

  now(): number {
    return Math.floor(performance.now());
  }

  after(ms: number, action: () => void): CancelTimer {
    const id = this.next;
    this.next += 1;
    this.pending.set(id, action);
    if (this.worker === undefined) setTimeout(() => { this.fire(id); }, ms);
    else this.worker.postMessage({ id, ms });
    return () => {
      this.pending.delete(id);
    };
  }

  close(): void {
    this.pending.clear();
    this.worker?.terminate();
  }

  private fire(id: number): void {
    const action = this.pending.get(id);
    this.pending.delete(id);
    action?.();
  }
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL("./clock-worker.ts", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
}
