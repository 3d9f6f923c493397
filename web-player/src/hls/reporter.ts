/** Telemetry: sums of what happened, and the differences that go to the tracker. */
import type { PlaylistError } from "../engine/errors.ts";
import type { Report } from "../engine/messages.ts";
import type { Node } from "../net/node.ts";
import type { PlaybackMeter } from "./playback-meter.ts";

const MOST_MS = 3_600_000;
const MOST_COUNT = 65_535;

/** Sums since the page was opened, in bytes. */
export interface Figures {
  readonly httpBytes: number;
  readonly peerBytes: number;
  readonly seederBytes: number;
  readonly sentBytes: number;
  readonly wastedBytes: number;
  readonly rejectedBlocks: number;
}

type Sums = Record<"http" | "peer" | "seeder" | "sent" | "wasted" | "played" | "playedMs" | "stalledMs" | "rejected", number>;

/** Keeps the sums of one viewer of one item. */
export class Reporter {
  meter: PlaybackMeter | undefined;
  /** Playlists that were refused, by the error's name. */
  readonly refusedPlaylists = new Map<string, number>();
  private readonly item: string;
  private readonly node: Node;
  private plainBytes = 0;
  private playedBytes = 0;
  private told: Sums = { http: 0, peer: 0, seeder: 0, sent: 0, wasted: 0, played: 0, playedMs: 0, stalledMs: 0, rejected: 0 };
  private toldAt = performance.now();
  private toldStartup = false;

  constructor(item: string, node: Node) {
    this.item = item;
    this.node = node;
  }

  /** Media bytes were handed to hls.js; `http` of them came past the engine. */
  handedOver(size: number, http: number): void {
    this.playedBytes += size;
    this.plainBytes += http;
  }

  /** A playlist was refused. */
  refusedPlaylist(error: PlaylistError): void {
    this.refusedPlaylists.set(error.name, (this.refusedPlaylists.get(error.name) ?? 0) + 1);
  }

  /** The sums that the page shows. */
  figures(): Figures {
    const { http, peer, seeder, sent, wasted, rejected } = this.sums();
    return { httpBytes: http, peerBytes: peer, seederBytes: seeder, sentBytes: sent, wastedBytes: wasted, rejectedBlocks: rejected };
  }

  /** Send the differences since the last report; what cannot be sent now goes with the next one. */
  send(): void {
    this.meter?.settle();
    const sums = this.sums();
    const now = performance.now();
    const { told } = this;
    const startup = this.toldStartup ? 0 : Math.min(this.meter?.startupMs ?? 0, MOST_MS);
    const report: Report = {
      type: "Report",
      item: this.item,
      interval: Math.min(Math.round(now - this.toldAt), MOST_MS),
      http: sums.http - told.http,
      peer: sums.peer - told.peer,
      seeder: sums.seeder - told.seeder,
      sent: sums.sent - told.sent,
      wasted: sums.wasted - told.wasted,
      played: sums.played - told.played,
      playedMs: Math.min(sums.playedMs - told.playedMs, MOST_MS),
      stalledMs: Math.min(sums.stalledMs - told.stalledMs, MOST_MS),
      startup,
      rejected: Math.min(sums.rejected - told.rejected, MOST_COUNT),
      neighbours: Math.min(this.node.links.peers, MOST_COUNT),
    };
    if (!this.node.report(report)) return;
    this.told = sums;
    this.toldAt = now;
    this.toldStartup ||= startup > 0;
  }

  private sums(): Sums {
    const count = (name: string): number => this.node.exchange.counters.get(name) ?? 0;
    return {
      http: count("http") + this.plainBytes,
      peer: count("peer"),
      seeder: count("seeder"),
      sent: count("sent"),
      wasted: count("wasted"),
      played: this.playedBytes,
      playedMs: Math.round(this.meter?.playedMs ?? 0),
      stalledMs: Math.round(this.meter?.stalledMs ?? 0),
      rejected: count("rejected"),
    };
  }
}
