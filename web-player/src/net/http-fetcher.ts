/** Segments and proofs over HTTP, as the exchange asks for them: streamed, by range, with timeouts of our own. */
import type { FetchHttp } from "../engine/exchange-events.ts";
import { MAX_PROOF_BYTES } from "../engine/identity.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

/** An answer that brings nothing for so long has failed. */
const SILENCE_MS = 8000;
const OK = 200;
const PARTIAL = 206;

/** What becomes of fetches. Nothing here may throw. */
export interface FetchListener {
  httpData(segment: string, first: number, data: Uint8Array): void;
  httpFailed(segment: string, first: number): void;
  proofData(segment: string, proof: Uint8Array): void;
  proofFailed(segment: string): void;
}

/** The answer of the origin cannot be used. */
class BadAnswer extends Error {}

/** Fetches under way. `media` is the folder that segments lie in. */
export class HttpFetcher {
  private readonly media: URL;
  private readonly clock: Clock;
  private readonly listener: FetchListener;
  private readonly running = new Map<string, AbortController>();

  constructor(media: URL, clock: Clock, listener: FetchListener) {
    this.media = media;
    this.clock = clock;
    this.listener = listener;
  }

  /** Fetch a range of a segment, or all of it; ends with as many bytes as asked or `httpFailed`. */
  fetch(asked: FetchHttp): void {
    const name = nameOf(asked.segment, asked.first);
    const controller = new AbortController();
    this.running.set(name, controller);
    const end = () => {
      if (this.running.get(name) !== controller) return;
      this.running.delete(name);
      this.listener.httpFailed(asked.segment, asked.first);
    };
    this.stream(asked, controller).then(() => {
      if (this.running.get(name) === controller) this.running.delete(name);
    }, end);
  }

  /** Stop a fetch; nothing more of it is told. */
  abort(segment: string, first: number): void {
    const name = nameOf(segment, first);
    const controller = this.running.get(name);
    this.running.delete(name);
    controller?.abort();
  }

  /** Fetch a segment's proof. */
  fetchProof(segment: string): void {
    const name = nameOf(segment, -1);
    const controller = new AbortController();
    this.running.set(name, controller);
    const end = (tell: () => void) => {
      if (this.running.get(name) !== controller) return;
      this.running.delete(name);
      tell();
    };
    this.proof(segment, controller).then(
      (proof) => { end(() => { this.listener.proofData(segment, proof); }); },
      () => { end(() => { this.listener.proofFailed(segment); }); },
    );
  }

  /** Stop all fetches. */
  close(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  private async stream(asked: FetchHttp, controller: AbortController): Promise<void> {
    const { offset, size, whole } = asked;
    const headers: Record<string, string> = whole ? {} : { Range: `bytes=${offset}-${offset + size - 1}` };
    const watch = new Watchdog(this.clock, controller);
    try {
      const response = await fetch(new URL(`${asked.segment}.m4s`, this.media), { headers, signal: controller.signal });
      if (response.status !== (whole ? OK : PARTIAL) || response.body === null) {
        throw new BadAnswer(`status ${response.status}`);
      }
      await this.read(response.body, asked, watch, controller);
    } finally {
      watch.stop();
      controller.abort();
    }
  }

  private async read(
    body: ReadableStream<Uint8Array>,
    asked: FetchHttp,
    watch: Watchdog,
    controller: AbortController,
  ): Promise<void> {
    const reader = body.getReader();
    const name = nameOf(asked.segment, asked.first);
    let left = asked.size;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      watch.fed();
      left -= value.length;
      if (left < 0) throw new BadAnswer("more bytes than asked");
      // A chunk that was under way when the fetch was aborted must not enter a new fetch of the same range.
      if (this.running.get(name) === controller) this.listener.httpData(asked.segment, asked.first, value);
    }
    if (left > 0) throw new BadAnswer(`${left} bytes missing`);
  }

  private async proof(segment: string, controller: AbortController): Promise<Uint8Array> {
    const watch = new Watchdog(this.clock, controller);
    try {
      const response = await fetch(new URL(`${segment}.proof`, this.media), { signal: controller.signal });
      if (response.status !== OK) throw new BadAnswer(`status ${response.status}`);
      if (Number(response.headers.get("Content-Length")) > MAX_PROOF_BYTES) throw new BadAnswer("too long a proof");
      return new Uint8Array(await response.arrayBuffer());
    } finally {
      watch.stop();
    }
  }
}

/** Aborts a fetch that has brought nothing for a while. */
class Watchdog {
  private readonly clock: Clock;
  private readonly controller: AbortController;
  private cancel: CancelTimer;

  constructor(clock: Clock, controller: AbortController) {
    this.clock = clock;
    this.controller = controller;
    this.cancel = this.begin();
  }

  fed(): void {
    this.cancel();
    this.cancel = this.begin();
  }

  stop(): void {
    this.cancel();
  }

  private begin(): CancelTimer {
    return this.clock.after(SILENCE_MS, () => { this.controller.abort(); });
  }
}

function nameOf(segment: string, first: number): string {
  return `${segment} ${first}`;
}
