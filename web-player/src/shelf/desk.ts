/** The page's line to the worker that keeps segments. */
import type { Answer, Request } from "./requests.ts";

interface Reply {
  readonly call: number;
  readonly answer?: Answer;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ShelfError) => void;
}

/** The browser keeps nothing here, or no longer. */
export class ShelfError extends Error {}

/** What the shelf needs of the worker. */
export interface Desk {
  /** Rejects with a ShelfError. */
  ask(request: Request): Promise<Answer>;
  close(): void;
}

/** Requests under way, each answered once. */
export class WorkerDesk implements Desk {
  private readonly worker = new Worker(new URL("./shelf-worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private closed = false;

  constructor() {
    this.worker.addEventListener("message", ({ data: { call, answer, error } }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(call);
      this.waiting.delete(call);
      if (answer === undefined) waiting?.reject(new ShelfError(error));
      else waiting?.resolve(answer);
    });
    this.worker.addEventListener("error", () => { this.close(); });
  }

  ask(request: Request): Promise<Answer> {
    if (this.closed) return Promise.reject(new ShelfError("the shelf is closed"));
    const call = this.next;
    this.next += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(call, { resolve, reject });
      this.worker.postMessage({ call, request }, request.op === "keep" ? [request.data.buffer] : []);
    });
  }

  close(): void {
    this.closed = true;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new ShelfError("the shelf is closed"));
    this.waiting.clear();
  }
}
