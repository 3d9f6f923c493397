/** The P2P engine of the watch page: hls.js on one side, the swarm on the other. */
import type Hls from "hls.js";
import type { Fragment, HlsConfig, LoaderStats } from "hls.js";
import type { CreateEngine, Engine, EngineOptions, EngineReason, EngineState, EngineStats } from "./engine-interface.ts";
import type { PlaylistError } from "./engine/errors.ts";
import type { Listing } from "./engine/library.ts";
import { readMediaPlaylist, segmentIdOf } from "./engine/media-playlist.ts";
import { MULTIVARIANT, VerifyingKey } from "./engine/playlist.ts";
import type { Claims } from "./engine/playlist.ts";
import { abrControllerOf } from "./hls/abr.ts";
import type { Remainder } from "./hls/abr.ts";
import { capacityOf } from "./hls/capacity.ts";
import type { Capacity } from "./hls/capacity.ts";
import { Deliveries } from "./hls/deliveries.ts";
import type { Customer, Order } from "./hls/deliveries.ts";
import { fragmentLoaderOf } from "./hls/fragment-loader.ts";
import type { SegmentSource } from "./hls/fragment-loader.ts";
import { PlaybackMeter } from "./hls/playback-meter.ts";
import { PlaylistChecker } from "./hls/playlist-checker.ts";
import { playlistLoaderOf } from "./hls/playlist-loader.ts";
import { Reporter } from "./hls/reporter.ts";
import { SegmentLog } from "./hls/segment-log.ts";
import type { Recorder } from "./hls/segment-log.ts";
import { Timeline } from "./hls/timeline.ts";
import type { Item } from "./item.ts";
import { Device, thisPlatform } from "./net/device.ts";
import { Node } from "./net/node.ts";
import type { NodeSettings } from "./net/node.ts";
import type { Standing } from "./net/presence.ts";
import { WorkerClock } from "./net/worker-clock.ts";
import { Backing } from "./shelf/backing.ts";
import { startAsKept } from "./shelf/start-level.ts";

const AGENT = "banyan-web/0.1";
/** The picture comes first: tracker and connections begin so long after it. */
const JOIN_AFTER_PLAYING_MS = 150;
/** Where nothing plays (a click is awaited), they begin this long after the video was attached. */
const JOIN_ANYWAY_MS = 5000;
/** Segments after the first wait so long at most for the first neighbours, and so long for what these tell. */
const GATHER_MS = 2500;
const GREETING_MS = 250;
const STATS_EVERY_MS = 500;
const MOST_SEGMENTS_TOLD = 60;
const MOST_HELD = 2000;

/** The engine of one item. */
class WebEngine implements Engine, SegmentSource {
  readonly hlsConfig: Partial<HlsConfig>;
  readonly log = new SegmentLog();
  readonly lasting: Backing;
  private readonly options: EngineOptions;
  private readonly device: Device;
  private readonly node: Node;
  private readonly stopFollowing: () => void;
  private readonly timeline = new Timeline();
  private readonly deliveries: Deliveries;
  private readonly reporter: Reporter;
  private readonly cachedLoads = new WeakSet<LoaderStats>();
  private readonly listeners = new Set<(stats: EngineStats) => void>();
  private readonly missing: "insecure" | "no-webrtc" | undefined;
  private meter: PlaybackMeter | undefined;
  private enabled: boolean;
  private item: Item | undefined;
  private began = false;
  private statsDue = false;
  private mainTrack = "";

  constructor(options: EngineOptions) {
    this.options = options;
    this.enabled = options.enabled;
    this.missing = missing();
    this.device = new Device(thisPlatform(), options.sharing ?? false);
    void options.item.then((item) => { this.item = item; }, () => undefined);
    const settings = this.settings();
    this.node = new Node(settings, {
      finished: (id, came) => { this.finished(id, came); },
      failed: (id) => { this.deliveries.failed(id); },
      demanded: (id) => { this.lasting.demanded(id); },
      changed: () => { this.changed(); },
    }, new WorkerClock());
    this.node.watch(options.id, () => this.standing());
    this.stopFollowing = this.device.follow(() => { this.share(); });
    this.lasting = new Backing(this.node, options.id);
    this.deliveries = new Deliveries(this.lasting, this.timeline, (track) => this.isVideo(track));
    this.reporter = new Reporter(options.id, this.node);
    this.deliveries.gathering = options.enabled && settings.rtc;
    this.node.setMeeting(options.enabled);
    this.lasting.setEnabled((options.lasting ?? false) && this.missing !== "insecure");
    this.hlsConfig = this.config();
  }

  private settings(): NodeSettings {
    // The course is asked for when the swarm is joined: the item is known by then.
    const course = (): string => this.item?.course ?? "";
    return {
      base: this.options.baseUrl,
      get course() { return course(); },
      agent: AGENT,
      cacheBytes: this.device.cacheBytes,
      uploads: this.device.uploads,
      degree: this.device.degree,
      most: this.device.most,
      rtc: this.missing === undefined,
      backed: (id) => this.lasting.backs(id),
    };
  }

  private config(): Partial<HlsConfig> {
    const fLoader = fragmentLoaderOf(this);
    // Without WebCrypto no playlist can be checked, so nothing may be taken from peers, and hls.js plays as it is.
    if (this.missing === "insecure") return { fLoader };
    const key = this.options.item.then((item) => VerifyingKey.fromJwk(item.key, crypto.subtle));
    const checker = new PlaylistChecker(this.options.id, key);
    const listingOf = (frag: Fragment): Listing | undefined => this.listed(new URL(frag.url, this.options.baseUrl));
    const abrController = abrControllerOf(this.options.Hls, {
      loads: (frag) => listingOf(frag) !== undefined,
      left: (frag) => this.left(listingOf(frag)),
      cached: this.cachedLoads,
    });
    const pLoader = playlistLoaderOf(checker, {
      listed: (claims, text) => { this.playlist(claims, text); },
      refused: (error: PlaylistError) => { this.reporter.refusedPlaylist(error); },
    });
    // Blocking reloads (`_HLS_msn`) are asked for at once only in this mode, with or without parts.
    return { fLoader, pLoader, abrController, lowLatencyMode: true };
  }

  // The page

  attach(hls: Hls, video: HTMLVideoElement): void {
    this.deliveries.video = video;
    this.meter?.close();
    this.meter = new PlaybackMeter(video, () => { this.playing(); });
    this.reporter.meter = this.meter;
    const { Events } = this.options.Hls;
    hls.on(Events.MANIFEST_LOADING, () => { this.deliveries.clear(); });
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.item?.state !== "live") startAsKept(hls, (track) => this.lasting.bytesOf(track));
    });
    this.node.clock.after(JOIN_ANYWAY_MS, () => { this.begin(); });
  }

  setEnabled(on: boolean): void {
    this.enabled = on;
    this.node.setMeeting(on);
    if (!on) this.deliveries.release();
    this.tellSoon();
  }

  setSharing(on: boolean): void {
    this.device.agreed = on;
    this.share();
  }

  private share(): void {
    this.node.setUploads(this.device.uploads);
    this.tellSoon();
  }

  stats(): EngineStats {
    const figures = this.reporter.figures();
    const { peers, seeders } = this.node.links;
    const { httpBytes, peerBytes, seederBytes } = figures;
    const all = httpBytes + peerBytes + seederBytes;
    const reason = this.reason();
    const segments = this.log.all.slice(-MOST_SEGMENTS_TOLD).map(({ track, sequence, sources }) => {
      const split = { httpBytes: 0, peerBytes: 0, seederBytes: 0 };
      for (const [source, size] of Object.entries(sources)) split[`${this.node.exchange.kindOf(source)}Bytes`] += size;
      return { track, msn: sequence, ...split };
    });
    return {
      peers,
      seeders,
      ...figures,
      share: all > 0 ? (peerBytes + seederBytes) / all : 0,
      state: this.state(reason),
      metered: this.device.metered,
      ...(reason === undefined ? {} : { reason }),
      segments,
    };
  }

  onStats(listener: (stats: EngineStats) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  destroy(): void {
    this.reporter.send();
    this.stopFollowing();
    this.meter?.close();
    this.listeners.clear();
    this.deliveries.clear();
    this.deliveries.video = undefined;
    this.lasting.close();
    this.node.close();
  }

  private state(reason: EngineReason | undefined): EngineState {
    if (reason === "insecure" || reason === "no-webrtc") return "unavailable";
    if (reason === "switched-off" || reason === "mode-off") return "off";
    if (this.node.links.peers > 0) return "connected";
    if (this.node.joined) return "alone";
    return reason === "no-tracker" ? "unavailable" : "starting";
  }

  private reason(): EngineReason | undefined {
    if (this.missing !== undefined) return this.missing;
    if (!this.enabled) return "switched-off";
    if (this.node.grant?.mode === "off") return "mode-off";
    return this.node.trackerAway ? "no-tracker" : undefined;
  }

  private tellSoon(): void {
    if (this.statsDue) return;
    this.statsDue = true;
    this.node.clock.after(STATS_EVERY_MS, () => {
      this.statsDue = false;
      const stats = this.stats();
      for (const listener of this.listeners) listener(stats);
    });
  }

  // Start

  private playing(): void {
    this.node.clock.after(JOIN_AFTER_PLAYING_MS, () => { this.begin(); });
  }

  private begin(): void {
    if (this.began) return;
    this.began = true;
    this.deliveries.ahead = true;
    this.lasting.begin();
    void this.options.item.then(() => { this.node.join(); }, () => undefined);
    this.node.clock.after(GATHER_MS, () => { this.deliveries.release(); });
    this.reportLater();
  }

  /** Something changed at the node: when neighbours are there, or will not be, nothing waits for them. */
  private changed(): void {
    if (this.deliveries.gathering) {
      const { links, alone, trackerAway, grant } = this.node;
      if (links.peers > 0) this.node.clock.after(GREETING_MS, () => { this.deliveries.release(); });
      else if (alone || trackerAway || grant?.mode === "off") this.deliveries.release();
    }
    this.tellSoon();
  }

  private reportLater(): void {
    this.node.clock.after(this.node.reportMs, () => {
      this.reporter.send();
      this.tellSoon();
      this.reportLater();
    });
  }

  private standing(): Standing {
    const { exchange } = this.node;
    const position = this.timeline.sequenceAt(this.deliveries.video?.currentTime ?? 0);
    const key = { item: this.options.id, track: this.mainTrack };
    const holds = (sequence: number): boolean => {
      const listing = exchange.library.at(key, sequence);
      return listing !== undefined && (exchange.cache.has(listing.id) || this.lasting.backs(listing.id));
    };
    let first = position;
    let last = position;
    if (position < 0 || !holds(position)) return { position, first: -1, last: -1 };
    while (position - first < MOST_HELD && holds(first - 1)) first -= 1;
    while (last - position < MOST_HELD && holds(last + 1)) last += 1;
    return { position, first, last };
  }

  // Playlists

  /** A checked playlist says which segments there are. */
  private playlist(claims: Claims, text: string): void {
    if (claims.track === MULTIVARIANT) return;
    const key = { item: claims.item, track: claims.track };
    const { live, segments } = readMediaPlaylist(text);
    const listings = segments.map(({ sequence, id, size }) => ({ key, sequence, id, size, live }));
    for (const listing of listings) this.node.exchange.listed(listing);
    this.lasting.listed(listings);
    this.deliveries.listed(listings);
  }

  // Segments

  get recorder(): Recorder | undefined {
    return this.log.recorder;
  }

  listed(url: URL): Listing | undefined {
    const id = url.origin === this.options.baseUrl.origin ? segmentIdOf(url.pathname) : undefined;
    return id === undefined ? undefined : this.node.exchange.library.of(id);
  }

  order(order: Order, customer: Customer): void {
    const { key, sequence, id } = order.listing;
    if (this.isVideo(key.track) || this.mainTrack === "") this.mainTrack = key.track;
    const began = performance.now();
    this.deliveries.order(order, {
      delivered: (data, came) => {
        const ms = Math.round(performance.now() - began);
        const sources = this.came.get(id) ?? came;
        this.log.add({ track: key.track, sequence, id, sources: Object.fromEntries(sources), ms });
        this.came.delete(id);
        customer.delivered(data, came);
      },
      gaveUp: () => { customer.gaveUp(); },
    });
  }

  private isVideo(track: string): boolean {
    return this.item?.tracks.some(({ id, kind }) => id === track && kind === "video") ?? false;
  }

  cancel(id: string): void {
    this.deliveries.cancel(id);
  }

  cached(stats: LoaderStats): void {
    this.cachedLoads.add(stats);
  }

  capacity(): Capacity {
    return capacityOf(this.node.exchange);
  }

  private left(listing: Listing | undefined): Remainder | undefined {
    if (listing === undefined || !this.deliveries.isOpen(listing.id)) return undefined;
    const bytes = this.node.exchange.downloads.missingBytes(listing.id) ?? listing.size;
    return { bytes, rate: this.capacity().rate };
  }

  handedOver(id: string, data: Uint8Array, http: number): void {
    this.log.recorder?.(id, data);
    this.reporter.handedOver(data.length, http);
    this.tellSoon();
  }

  /** Where segments fetched ahead came from, until hls.js asks for them. */
  private readonly came = new Map<string, readonly (readonly [string, number])[]>();

  private finished(id: string, came: readonly (readonly [string, number])[]): void {
    if (came.length > 0) {
      this.remember(id, came);
      this.lasting.fetched(id);
    }
    this.deliveries.finished(id, came);
    this.tellSoon();
  }

  private remember(id: string, came: readonly (readonly [string, number])[]): void {
    const [oldest] = this.came.keys();
    if (this.came.size >= MOST_SEGMENTS_TOLD && oldest !== undefined) this.came.delete(oldest);
    this.came.set(id, came);
  }
}

function missing(): "insecure" | "no-webrtc" | undefined {
  if (!isSecureContext || !("subtle" in crypto)) return "insecure";
  return "RTCPeerConnection" in globalThis ? undefined : "no-webrtc";
}

export const createEngine: CreateEngine = (options) => new WebEngine(options);
