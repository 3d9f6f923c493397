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

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Timers from a worker; from the page itself where workers cannot be had, or when the worker fails. */
export class WorkerClock implements Clock {
  private worker: Worker | undefined = startWorker();
  private readonly pending = new Map<number, Timer>();
  private next = 0;
  private closed = false;

  constructor() {
    this.worker?.addEventListener("message", ({ data }: MessageEvent<number>) => {
      this.fire(data);
    });
    this.worker?.addEventListener("error", () => { this.workerFailed(); });
  }

  now(): number {
    return Math.floor(performance.now());
  }

  after(ms: number, action: () => void): CancelTimer {
    if (this.closed) return () => undefined;
    const id = this.next;
    this.next += 1;
    this.pending.set(id, { due: this.now() + ms, action });
    this.arm(id, ms);
    return () => {
      this.pending.delete(id);
    };
  }

  close(): void {
    this.closed = true;
    this.pending.clear();
    this.worker?.terminate();
  }

  private arm(id: number, ms: number): void {
    if (this.worker === undefined) setTimeout(() => { this.fire(id); }, ms);
    else this.worker.postMessage({ id, ms });
  }

  /** Its timers go on in the page, each for the time that it has left. */
  private workerFailed(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const [id, { due }] of this.pending) this.arm(id, Math.max(due - this.now(), 0));
  }

  private fire(id: number): void {
    const timer = this.pending.get(id);
    this.pending.delete(id);
    timer?.action();
  }
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL("./clock-worker.ts", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
}
