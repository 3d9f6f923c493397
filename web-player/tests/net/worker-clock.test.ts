// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkerClock } from "../../src/net/worker-clock.ts";

/** A worker that takes orders and never answers by itself. */
class DeadWorker extends EventTarget {
  static made: DeadWorker[] = [];
  readonly orders: { readonly id: number; readonly ms: number }[] = [];
  terminated = false;

  constructor() {
    super();
    DeadWorker.made.push(this);
  }

  postMessage(order: { readonly id: number; readonly ms: number }): void {
    this.orders.push(order);
  }

  terminate(): void {
    this.terminated = true;
  }

  goesOff(id: number): void {
    this.dispatchEvent(new MessageEvent("message", { data: id }));
  }
}

function clock() {
  const subject = new WorkerClock();
  const [worker] = DeadWorker.made;
  if (worker === undefined) throw new Error("no worker");
  const heard: string[] = [];
  const after = (ms: number) => subject.after(ms, () => heard.push(String(ms)));
  return { subject, worker, heard, after };
}

beforeEach(() => {
  DeadWorker.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("Worker", DeadWorker);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the worker's clock", () => {
  it("has its timers from the worker, each once", () => {
    const { worker, heard, after } = clock();
    after(100);
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual([]);
    worker.goesOff(0);
    worker.goesOff(0);
    expect(heard).toEqual(["100"]);
  });

  it("goes on in the page when the worker fails, at the times that were asked", () => {
    const { worker, heard, after } = clock();
    after(300);
    after(100);
    const cancel = after(200);
    vi.advanceTimersByTime(50);
    worker.dispatchEvent(new Event("error"));
    expect(worker.terminated).toBe(true);
    expect(heard).toEqual([]);
    cancel();
    after(20);
    vi.advanceTimersByTime(49);
    expect(heard).toEqual(["20"]);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual(["20", "100"]);
    vi.advanceTimersByTime(200);
    expect(heard).toEqual(["20", "100", "300"]);
    expect(worker.orders).toHaveLength(3);
  });

  it("needs no worker", () => {
    vi.stubGlobal("Worker", undefined);
    const heard: string[] = [];
    new WorkerClock().after(10, () => heard.push("gone off"));
    vi.advanceTimersByTime(10);
    expect(heard).toEqual(["gone off"]);
  });

  it("is silent after its end", () => {
    const { subject, worker, heard, after } = clock();
    after(10);
    subject.close();
    after(20);
    worker.dispatchEvent(new Event("error"));
    worker.goesOff(0);
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual([]);
  });
});
