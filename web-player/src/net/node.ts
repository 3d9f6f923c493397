/** The shell of one viewer in one item: drives the exchange with connections, the tracker, HTTP and the clock. */
import { Exchange } from "../engine/exchange.ts";
import type { Listing } from "../engine/library.ts";
import { NO_SEQUENCE, SEEDER, VIEWER } from "../engine/messages.ts";
import type { FromTracker, Report } from "../engine/messages.ts";
import { peerName } from "../engine/peer-name.ts";
import { PARAMETERS, httpLatest } from "../engine/policy.ts";
import { OwnCertificate } from "./certificate.ts";
import { ExchangeDriver } from "./exchange-driver.ts";
import type { SegmentListener } from "./exchange-driver.ts";
import { askGrant } from "./grant.ts";
import type { Grant } from "./grant.ts";
import { Mesh } from "./mesh.ts";
import type { MeshListener } from "./mesh.ts";
import { PeerConnection } from "./rtc-connection.ts";
import { TrackerSocket } from "./tracker-socket.ts";
import type { TrackerListener } from "./tracker-socket.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

/** After a neighbour was lost, or none was found, the next announce comes this soon. */
const RETRY_ANNOUNCE_MS = 1500;
const BITS = 8;

/** Who this viewer is. `rtc` is false where the browser cannot make connections: then it only reports. */
export interface NodeSettings {
  readonly base: URL;
  readonly course: string;
  readonly item: string;
  readonly agent: string;
  readonly cacheBytes: number;
  readonly uploads: boolean;
  readonly rtc: boolean;
  /** Of which segments there is a store behind the memory. */
  readonly backed: (segment: string) => boolean;
}

/** Where the viewer stands: media sequence numbers of the playhead and of the held range (-1: none). */
export interface Standing {
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

/** What the owner of a node wants to hear. Nothing here may throw. */
export interface NodeListener extends SegmentListener {
  /** The tracker, the mode, the links or the duty changed. */
  changed(): void;
  standing(): Standing;
}

/** One viewer of one item. */
export class Node implements MeshListener, TrackerListener {
  readonly exchange: Exchange;
  readonly clock: Clock;
  grant: Grant | undefined;
  joined = false;
  /** The tracker or the platform could not be reached at the last try. */
  trackerAway = false;
  /** The tracker knew nobody to meet at the last announce. */
  alone = false;
  reportMs = 5000;
  private readonly settings: NodeSettings;
  private readonly listener: NodeListener;
  private readonly mesh: Mesh;
  private readonly tracker: TrackerSocket;
  private readonly driver: ExchangeDriver;
  private readonly certificate = new OwnCertificate();
  private meeting = true;
  private announceMs = 10_000;
  private stopAnnouncing: CancelTimer | undefined;
  private closed = false;

  constructor(settings: NodeSettings, listener: NodeListener, clock: Clock) {
    this.settings = settings;
    this.listener = listener;
    this.clock = clock;
    const { agent, cacheBytes, uploads, backed, base } = settings;
    const own = { role: VIEWER, agent, cacheBytes, uploads, backed, uploadBytesPerSecond: 0 };
    this.exchange = new Exchange(own, PARAMETERS);
    this.tracker = new TrackerSocket({
      listener: this,
      clock,
      agent,
      grant: () => this.ask(),
      url: (grant) => new URL(grant.tracker, base).href.replace(/^http/, "ws"),
    });
    this.mesh = new Mesh({
      listener: this,
      send: (message) => this.tracker.send(message),
      connect: (heard) => this.connect(heard),
      now: () => clock.now(),
      degree: PARAMETERS.degree,
      most: PARAMETERS.most_neighbours,
    });
    this.driver = new ExchangeDriver(this.exchange, this.mesh, new URL("/media/", base), listener, clock);
  }

  // The owner's side

  /** Enter the swarm: talk to the tracker, announce what is watched, meet peers. */
  join(): void {
    this.tracker.start();
  }

  /** Meet peers or not; without, the viewer still reports. */
  setMeeting(on: boolean): void {
    this.meeting = on;
    this.steer();
  }

  /** Whether this viewer meets peers now: it may, can and wants to. */
  get meets(): boolean {
    return this.meeting && this.settings.rtc && this.grant !== undefined && this.grant.mode !== "off";
  }

  /** Open connections, and those of them to seeders. */
  get links(): { readonly peers: number; readonly seeders: number } {
    return this.mesh.count(SEEDER);
  }

  /** Get a segment by `deadline` (ms on the clock). */
  want(listing: Listing, deadline: number, urgent: boolean): void {
    this.exchange.want(listing, deadline, this.clock.now(), urgent);
    // The answer of the cache must not come before the caller is ready for it.
    this.driver.soon();
  }

  /** Ms for which HTTP need not begin yet to have a segment by `deadline`. */
  spare(listing: Listing, deadline: number): number {
    const { httpRate, httpRoundTrip } = this.exchange.downloads;
    const latest = httpLatest(deadline, PARAMETERS.margin_ms, listing.size, httpRate.value, httpRoundTrip.value, 0);
    return latest - this.clock.now();
  }

  /** A segment is no longer needed. */
  unwant(segment: string): void {
    this.exchange.unwant(segment);
    this.driver.soon();
  }

  /** Send telemetry; false while the tracker is away. */
  report(report: Report): boolean {
    return this.tracker.send(report);
  }

  /** Leave the swarm and release everything. */
  close(): void {
    this.closed = true;
    this.part();
    this.tracker.send({ type: "Leave", item: this.settings.item });
    this.tracker.close();
    this.driver.close();
    this.clock.close();
  }

  // The tracker

  granted(grant: Grant): void {
    const off = this.grant?.mode === "off";
    this.grant = grant;
    if (off !== (grant.mode === "off")) this.steer();
    this.exchange.setUploadCap(Math.floor(grant.upload / BITS));
    this.listener.changed();
  }

  heard(message: FromTracker): void {
    switch (message.type) {
      case "Welcome":
        this.exchange.me = peerName(message.peer);
        this.mesh.me = this.exchange.me;
        this.announceMs = message.announceMs;
        this.reportMs = message.reportMs;
        this.joined = true;
        this.trackerAway = false;
        this.announce();
        break;
      case "Candidates":
        this.alone = message.peers.length === 0;
        if (this.meets) this.mesh.candidates(message);
        break;
      case "Offered":
        if (this.meets) this.mesh.offered(message);
        break;
      case "Answered":
        this.mesh.answered(message);
        break;
      case "Trickled":
        this.mesh.trickled(message);
        break;
      case "Gone":
        this.mesh.gone(message);
        break;
      case "Duty":
        this.exchange.duties.set(message.item, { feeder: message.feeder, members: message.members });
        this.driver.soon();
        break;
      case "Refused":
        break;
    }
    this.listener.changed();
  }

  lost(): void {
    this.joined = false;
    this.trackerAway = true;
    this.listener.changed();
  }

  private async ask(): Promise<Grant> {
    const fingerprint = this.settings.rtc ? (await this.certificate.get()).fingerprint : undefined;
    return askGrant(this.settings.base, this.settings.course, fingerprint);
  }

  /** Tell the tracker where we stand, now and then again in a while. */
  private announce(): void {
    if (this.closed || !this.joined) return;
    const { position, first, last } = this.listener.standing();
    this.tracker.send({
      type: "Announce",
      item: this.settings.item,
      position: Math.max(position, NO_SEQUENCE),
      first,
      last,
      slots: this.meets ? this.mesh.slots : 0,
      want: this.meets ? this.mesh.wanted : 0,
      neighbours: this.mesh.neighbours,
      failed: this.mesh.takeFailed(),
    });
    const lonely = this.meets && this.links.peers === 0;
    this.announceAfter(lonely ? Math.min(RETRY_ANNOUNCE_MS, this.announceMs) : this.announceMs);
  }

  private announceAfter(ms: number): void {
    this.stopAnnouncing?.();
    this.stopAnnouncing = this.clock.after(ms, () => { this.announce(); });
  }

  // The links

  /** Upload and keep links or not, as the viewer and the ticket want it now. */
  private steer(): void {
    const on = this.meeting && this.grant?.mode !== "off";
    this.exchange.setUploads(on && this.settings.uploads);
    if (!on) this.part();
    this.announce();
    this.driver.soon();
  }

  /** Say goodbye to all neighbours, and give up links that are under way. */
  private part(): void {
    for (const peer of [...this.exchange.neighbours.keys()]) this.exchange.close(peer, "leave", this.clock.now());
    this.driver.carryAll();
    this.mesh.close();
  }

  private connect(heard: ConstructorParameters<typeof PeerConnection>[0]): PeerConnection {
    const certificate = this.certificate.made?.certificate;
    if (certificate === undefined) throw new Error("no connection without a certificate");
    const settings = { certificate, stun: this.grant?.stun ?? [] };
    return new PeerConnection(heard, settings, this.clock);
  }

  linkOpened(peer: string, role: number): void {
    this.exchange.peerOpened(peer, role, this.clock.now());
    this.listener.changed();
    this.driver.soon();
  }

  linkClosed(peer: string): void {
    this.exchange.peerClosed(peer, this.clock.now());
    if (this.mesh.wanted > 0 && this.joined) this.announceAfter(RETRY_ANNOUNCE_MS);
    this.listener.changed();
    this.driver.soon();
  }

  linkControl(peer: string, message: Uint8Array): void {
    this.exchange.controlReceived(peer, message, this.clock.now());
    this.driver.soon();
  }

  linkBlocks(peer: string, message: Uint8Array): void {
    this.exchange.blocksReceived(peer, message, this.clock.now());
    this.driver.soon();
  }

  linkDrained(): void {
    this.driver.soon();
  }
}
