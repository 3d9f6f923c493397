/** The shell of one viewer in one course: drives the exchange with connections, the tracker, HTTP and the clock. */
import { Exchange } from "../engine/exchange.ts";
import type { Listing } from "../engine/library.ts";
import { SEEDER, VIEWER } from "../engine/messages.ts";
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
import { Presence } from "./presence.ts";
import type { Standing } from "./presence.ts";
import { PeerConnection } from "./rtc-connection.ts";
import { TrackerSocket } from "./tracker-socket.ts";
import type { TrackerListener } from "./tracker-socket.ts";
import { onWake } from "./wake.ts";
import type { Clock } from "./worker-clock.ts";

/** From the freest to the strictest: whom a viewer may meet. */
const MODES = ["mesh", "site", "seeders", "off"] as const;
const BITS = 8;

/**
 * Who this viewer is. `rtc` is false where the browser cannot make connections: then it only reports. It looks for
 * `degree` neighbours and takes at most `most`.
 */
export interface NodeSettings {
  readonly base: URL;
  readonly course: string;
  readonly agent: string;
  readonly cacheBytes: number;
  readonly uploads: boolean;
  readonly rtc: boolean;
  readonly degree: number;
  readonly most: number;
  /** Of which segments there is a store behind the memory. */
  readonly backed: (segment: string) => boolean;
}

/** What the owner of a node wants to hear. Nothing here may throw. */
export interface NodeListener extends SegmentListener {
  /** The tracker, the mode, the links or the duty changed. */
  changed(): void;
}

/** One viewer of the items of one course. */
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
  private readonly presence: Presence;
  private readonly stopWaking: () => void;
  private meeting = true;
  private uploads: boolean;

  constructor(settings: NodeSettings, listener: NodeListener, clock: Clock) {
    this.settings = settings;
    this.listener = listener;
    this.clock = clock;
    const { agent, cacheBytes, uploads, backed, base, degree, most } = settings;
    this.uploads = uploads;
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
      degree,
      most,
    });
    this.driver = new ExchangeDriver(this.exchange, this.mesh, new URL("/media/", base), listener, clock);
    this.presence = new Presence({
      clock,
      exchange: this.exchange,
      mesh: this.mesh,
      degree,
      send: (message) => this.tracker.send(message),
      joined: () => this.joined,
      meets: () => this.meets,
      part: (peer) => { this.partWith(peer, "poor"); },
    });
    this.stopWaking = onWake(() => { this.wake(); });
  }

  // The owner's side

  /** Enter the swarm: talk to the tracker, announce what is watched, meet peers. */
  join(): void {
    this.tracker.start();
  }

  /** Announce an item from now on. All items of the course share the connections. */
  watch(item: string, standing: () => Standing): void {
    this.presence.watch(item, standing);
  }

  /** Stop announcing an item; the connections stay. */
  leave(item: string): void {
    this.presence.leave(item);
  }

  /** Meet peers or not; without, the viewer still reports. */
  setMeeting(on: boolean): void {
    this.meeting = on;
    this.steer();
  }

  /** Upload or not, as the device and its network allow; downloads go on either way. */
  setUploads(on: boolean): void {
    if (on === this.uploads) return;
    this.uploads = on;
    this.steer();
  }

  /** Whether this viewer meets peers now: it may, can and wants to. */
  get meets(): boolean {
    return this.meeting && this.settings.rtc && this.grant !== undefined && this.grant.mode !== "off";
  }

  /** Introductions and offers may be on their way when a ticket becomes stricter. */
  private mayMeet(role: number): boolean {
    return role === SEEDER || this.grant?.mode !== "seeders";
  }

  /** Open connections, and those of them to seeders. */
  get links(): { readonly peers: number; readonly seeders: number } {
    return this.mesh.count(SEEDER);
  }

  /** Get a segment by `deadline` (ms on the clock). */
  want(listing: Listing, deadline: number, urgent: boolean, spare = false): void {
    this.exchange.want(listing, deadline, this.clock.now(), urgent, spare);
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

  /** Announce a segment that can be had on demand. */
  offer(listing: Listing): void {
    this.exchange.offer(listing);
    this.driver.soon();
  }

  /** Take a whole segment from the owner's store. Throws BadBytes. */
  store(listing: Listing, data: Uint8Array): void {
    this.exchange.store(listing, data);
    this.driver.soon();
  }

  /** A segment that was offered cannot be had after all. */
  withdraw(segment: string): void {
    this.exchange.givenUp(segment);
    this.driver.soon();
  }

  /** Send telemetry; false while the tracker is away. */
  report(report: Report): boolean {
    return this.tracker.send(report);
  }

  /** Leave the swarm and release everything. */
  close(): void {
    this.stopWaking();
    this.part();
    this.presence.close();
    this.tracker.close();
    this.driver.close();
    this.clock.close();
  }

  // The tracker

  granted(grant: Grant): void {
    const before = this.grant?.mode;
    this.grant = grant;
    // Who of the viewers may be met under the new mode only the tracker knows: it introduces them again.
    if (before !== undefined && MODES.indexOf(grant.mode) > MODES.indexOf(before)) this.part(VIEWER);
    if (before !== grant.mode) this.steer();
    this.exchange.setUploadCap(Math.floor(grant.upload / BITS));
    this.listener.changed();
  }

  heard(message: FromTracker): void {
    switch (message.type) {
      case "Welcome":
        this.exchange.me = peerName(message.peer);
        this.mesh.me = this.exchange.me;
        this.presence.announceMs = message.announceMs;
        this.reportMs = message.reportMs;
        this.joined = true;
        this.trackerAway = false;
        this.presence.announce();
        break;
      case "Candidates":
        this.alone = message.peers.length === 0;
        if (this.meets) this.mesh.candidates({ ...message, peers: message.peers.filter(({ role }) => this.mayMeet(role)) });
        if (message.peers.length > 0) this.presence.lack();
        break;
      case "Offered":
        if (this.meets && this.mayMeet(message.role)) this.mesh.offered(message);
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
        this.exchange.duties.set(message.item, { stripe: message.stripe, stripes: message.stripes, members: message.members });
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

  /** The device woke up, or its network changed: what stood may be dead, and what waited may work now. */
  private wake(): void {
    this.presence.announce();
    this.tracker.doubt();
    this.driver.soon();
  }

  // The links

  /** Upload and keep links or not, as the viewer, the device and the ticket want it now. */
  private steer(): void {
    const on = this.meeting && this.grant?.mode !== "off";
    this.exchange.setUploads(on && this.uploads);
    if (!on) this.part();
    this.presence.announce();
    this.driver.soon();
  }

  /** Say goodbye to all neighbours, or those of one role, and give up links that are under way. */
  private part(role?: number): void {
    for (const [peer, neighbour] of [...this.exchange.neighbours]) {
      if (role === undefined || neighbour.role === role) this.exchange.close(peer, "leave", this.clock.now());
    }
    this.driver.carryAll();
    this.mesh.close(role);
  }

  private partWith(peer: string, reason: string): void {
    this.exchange.close(peer, reason, this.clock.now());
    this.driver.carryAll();
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
    this.presence.lack();
    this.listener.changed();
    this.driver.soon();
  }

  linkWavered(): void {
    this.presence.lack();
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
