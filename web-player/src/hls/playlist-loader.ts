/** Loads playlists for hls.js: over HTTP, checked against the item's pinned key before anybody reads them. */
import type {
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
  PlaylistLoaderConstructor,
  PlaylistLoaderContext,
} from "hls.js";
import { PlaylistError, StalePlaylist } from "../engine/errors.ts";
import { MAX_PLAYLIST_BYTES } from "../engine/playlist.ts";
import type { Claims } from "../engine/playlist.ts";
import { freshStats } from "./load-stats.ts";
import { askedOf } from "./playlist-checker.ts";
import type { Asked, PlaylistChecker } from "./playlist-checker.ts";

/** A blocking reload is answered after three target durations at most; beyond that the origin is away. */
const BLOCKING_MS = 25_000;
const STALE_TRIES = 4;
const STALE_PAUSE_MS = 400;
const NETWORK_TRIES = 2;
const NETWORK_PAUSE_MS = 500;

/** What happens with playlists. Nothing here may throw. */
export interface PlaylistListener {
  /** A playlist was checked and is about to be used. */
  listed(claims: Claims, text: string): void;
  /** A playlist was refused. */
  refused(error: PlaylistError): void;
}

interface Fetched {
  readonly text: string;
  readonly response: Response;
}

/** The network failed, or the origin answered with an error. */
class Unanswered extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What all loaders of one engine share; `accepted` is the newest good text of each playlist. */
interface Desk {
  readonly checker: PlaylistChecker;
  readonly listener: PlaylistListener;
  readonly accepted: Map<string, string>;
}

/** Make the loader class for one engine. */
export function playlistLoaderOf(checker: PlaylistChecker, listener: PlaylistListener): PlaylistLoaderConstructor {
  const desk = { checker, listener, accepted: new Map<string, string>() };
  return class extends PlaylistLoader {
    constructor() {
      super(desk);
    }
  };
}

/** Loads one playlist. */
class PlaylistLoader implements Loader<PlaylistLoaderContext> {
  context: PlaylistLoaderContext | null = null;
  stats: LoaderStats = freshStats();
  #controller = new AbortController();
  #response: Response | undefined;
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  load(context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<PlaylistLoaderContext>): void {
    this.context = context;
    this.stats.loading.start = performance.now();
    const blocking = new URL(context.url, location.href).searchParams.has("_HLS_msn");
    const timeout = Math.max(config.loadPolicy.maxLoadTimeMs, blocking ? BLOCKING_MS : 0);
    const timer = setTimeout(() => {
      this.abort();
      callbacks.onTimeout(this.stats, context, null);
    }, timeout);
    this.#load(context)
      .finally(() => { clearTimeout(timer); })
      .then(
        ({ text, response }) => {
          if (this.stats.aborted) return;
          this.#response = response;
          this.stats.loaded = this.stats.total = text.length;
          this.stats.loading.end = performance.now();
          callbacks.onSuccess({ url: response.url, data: text, code: response.status }, this.stats, context, response);
        },
        (error: unknown) => {
          if (this.stats.aborted) return;
          const code = error instanceof Unanswered ? error.code : 0;
          // hls.js hands these details on as they are, so that the page can say what was wrong.
          const details = (error instanceof PlaylistError ? error : null) as unknown as Response | null;
          callbacks.onError({ code, text: String(error) }, context, details, this.stats);
        },
      );
  }

  abort(): void {
    this.stats.aborted = true;
    this.#controller.abort();
  }

  destroy(): void {
    this.abort();
    this.context = null;
  }

  getCacheAge(): number | null {
    const age = this.#response?.headers.get("Age");
    return age === null || age === undefined ? null : Number.parseFloat(age);
  }

  getResponseHeader(name: string): string | null {
    return this.#response?.headers.get(name) ?? null;
  }

  /** Fetch and check; what is stale is asked for again, and then the newest known stands in for it. */
  async #load(context: PlaylistLoaderContext): Promise<Fetched> {
    const url = new URL(context.url, location.href);
    const asked = askedOf(url);
    const name = url.pathname + (url.searchParams.get("start") ?? "");
    for (let tries = 1; ; tries += 1) {
      const fetched = await this.#fetchTwice(url);
      try {
        await this.#check(asked, fetched.text);
        this.#desk.accepted.set(name, fetched.text);
        return fetched;
      } catch (error) {
        if (!(error instanceof PlaylistError)) throw error;
        this.#desk.listener.refused(error);
        const known = this.#desk.accepted.get(name);
        if (!(error instanceof StalePlaylist) || known === undefined) throw error;
        if (tries >= STALE_TRIES) return { ...fetched, text: known };
        await pause(STALE_PAUSE_MS);
      }
    }
  }

  async #check(asked: Asked, text: string): Promise<void> {
    const claims = await this.#desk.checker.check(asked, new TextEncoder().encode(text));
    this.#desk.listener.listed(claims, text);
  }

  async #fetchTwice(url: URL): Promise<Fetched> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#fetch(url);
      } catch (error) {
        if (this.stats.aborted || tries >= NETWORK_TRIES) throw error;
        await pause(NETWORK_PAUSE_MS);
      }
    }
  }

  async #fetch(url: URL): Promise<Fetched> {
    const response = await fetch(url, { signal: this.#controller.signal });
    this.stats.loading.first = Math.max(performance.now(), this.stats.loading.start);
    if (!response.ok) throw new Unanswered(response.status, `the origin answered ${response.status}`);
    if (Number(response.headers.get("Content-Length")) > MAX_PLAYLIST_BYTES) throw new Unanswered(0, "too long");
    return { text: await response.text(), response };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
