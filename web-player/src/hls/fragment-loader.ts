/**
 * Loads fragments for hls.js. Segments that a verified playlist lists come through the engine; everything else, and
 * whatever the engine cannot do, over plain HTTP inside the same load. Bytes with a content name are checked either way.
 */
import type {
  FragmentLoaderConstructor,
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderResponse,
  LoaderStats,
} from "hls.js";
import { IdentityError } from "../engine/errors.ts";
import { checkSegment, idBytes } from "../engine/identity.ts";
import type { Listing } from "../engine/library.ts";
import type { Capacity } from "./capacity.ts";
import type { Customer, Order } from "./deliveries.ts";
import { freshStats } from "./load-stats.ts";
import type { Recorder } from "./segment-log.ts";

const CONTENT_NAME = /\/media\/([A-Za-z0-9_-]{43})\.[a-z0-9]+$/;
const OK = 200;

/** What the loader needs of the engine. */
export interface SegmentSource {
  /** Note that a load came out of the cache, so that its speed says nothing. */
  cached(stats: LoaderStats): void;
  /** The listed segment of an address, when the engine may load it. */
  listed(url: URL): Listing | undefined;
  order(order: Order, customer: Customer): void;
  cancel(id: string): void;
  capacity(): Capacity;
  /** Bytes are about to be handed to hls.js; `http` says how many of them came past the engine. */
  handedOver(id: string, data: Uint8Array, http: number): void;
  readonly recorder: Recorder | undefined;
}

/** Make the loader class for one engine. */
export function fragmentLoaderOf(source: SegmentSource): FragmentLoaderConstructor {
  return class extends SegmentLoader {
    /** For tests in a browser: the way from hls.js to the engine. */
    static readonly source = source;

    constructor(config: HlsConfig) {
      super(config, source);
    }
  };
}

/** Loads one fragment. */
class SegmentLoader implements Loader<FragmentLoaderContext> {
  context: FragmentLoaderContext | null = null;
  stats: LoaderStats = freshStats();
  readonly #config: HlsConfig;
  readonly #source: SegmentSource;
  #plain: Loader<FragmentLoaderContext> | undefined;
  #ordered: string | undefined;
  #callbacks: LoaderCallbacks<FragmentLoaderContext> | undefined;

  constructor(config: HlsConfig, source: SegmentSource) {
    this.#config = config;
    this.#source = source;
  }

  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<FragmentLoaderContext>): void {
    this.context = context;
    this.#callbacks = callbacks;
    const listing = isWhole(context) ? this.#source.listed(new URL(context.url, location.href)) : undefined;
    if (listing === undefined) this.#loadPlain(context, config, callbacks);
    else this.#loadThroughEngine(listing, context, config, callbacks);
  }

  abort(): void {
    this.#plain?.abort();
    if (this.#ordered === undefined) return;
    this.#leave();
    this.stats.aborted = true;
    if (this.context !== null) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    const plain = this.#plain;
    this.#plain = undefined;
    this.#callbacks = undefined;
    this.#leave();
    // Last, because it may call back to hls.js, which destroys this loader again.
    plain?.destroy();
    this.context = null;
  }

  #leave(): void {
    if (this.#ordered === undefined) return;
    this.#source.cancel(this.#ordered);
    this.#ordered = undefined;
  }

  getCacheAge(): number | null {
    return this.#plain?.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#plain?.getResponseHeader?.(name) ?? null;
  }

  #loadThroughEngine(
    listing: Listing,
    context: FragmentLoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<FragmentLoaderContext>,
  ): void {
    const began = performance.now();
    this.stats.loading.start = began;
    this.#ordered = listing.id;
    const { start, duration } = context.frag;
    this.#source.order({ listing, start, duration }, {
      delivered: (data, came) => {
        this.#ordered = undefined;
        if (came.length === 0) this.#source.cached(this.stats);
        this.#time(began, data.length);
        this.#source.handedOver(listing.id, data, 0);
        callbacks.onSuccess({ url: context.url, data: data.buffer, code: OK }, this.stats, context, null);
      },
      gaveUp: () => {
        this.#ordered = undefined;
        this.#loadPlain(context, config, callbacks);
      },
    });
  }

  /** Tell hls.js how long the sources would take at full speed: this load may have waited on purpose. */
  #time(began: number, size: number): void {
    const { stats } = this;
    const { rate, roundTrip } = this.#source.capacity();
    const end = performance.now();
    const start = rate > 0 ? Math.max(end - (size * 1000) / rate - roundTrip, began) : began;
    stats.loading = { start, first: Math.min(start + roundTrip, end), end };
    stats.loaded = stats.total = size;
  }

  #loadPlain(
    context: FragmentLoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<FragmentLoaderContext>,
  ): void {
    const plain = new this.#config.loader(this.#config) as Loader<FragmentLoaderContext>;
    this.#plain = plain;
    // hls.js holds on to these stats, and its loaders refuse stats that have begun.
    this.stats.loading = { start: 0, first: 0, end: 0 };
    plain.stats = this.stats;
    plain.load(context, config, {
      ...callbacks,
      onSuccess: (response, stats, again, details) => {
        const problem = this.#check(context, response);
        if (problem !== undefined) callbacks.onError({ code: 0, text: problem }, again, details, stats);
        else callbacks.onSuccess(response, stats, again, details);
      },
    });
  }

  /** Why bytes that came past the engine must not be used; undefined when they may. */
  #check(context: FragmentLoaderContext, { data }: LoaderResponse): string | undefined {
    const name = isWhole(context) ? CONTENT_NAME.exec(new URL(context.url, location.href).pathname)?.[1] : undefined;
    if (name === undefined || !(data instanceof ArrayBuffer)) return undefined;
    const bytes = new Uint8Array(data);
    try {
      checkSegment(bytes, idBytes(name));
    } catch (error) {
      if (error instanceof IdentityError) return error.message;
      throw error;
    }
    this.#source.handedOver(name, bytes, bytes.length);
    return undefined;
  }
}

/** No part of a segment (LL-HLS), and no byte range of it. */
function isWhole({ part, rangeEnd }: FragmentLoaderContext): boolean {
  return part === null && (rangeEnd === undefined || rangeEnd === 0);
}
