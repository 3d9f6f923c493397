/**
 * The connections of one peer: who is met, offered to, answered, kept and given up. The tracker introduces; this side
 * opens a few connections at a time until it has as many neighbours as it wants. Connections outlive the tracker. It
 * gives new ids to those who come back to it, so a neighbour is known again by its certificate.
 */
import { MAX_CANDIDATES, MAX_INTRODUCTIONS } from "../engine/messages.ts";
import type {
  Answered,
  Candidate,
  Candidates,
  Connection,
  Gone,
  Offered,
  ToTracker,
  Trickled,
} from "../engine/messages.ts";
import { peerBytes, peerName } from "../engine/peer-name.ts";
import type { ConnectionListener, PeerConnection } from "./rtc-connection.ts";

const BANNED_MS = 600_000;
const MOST_BANNED = 1024;
const MOST_FAILED = 64;
const MOST_NEIGHBOURS_TOLD = 128;
const OFFERS = 2 ** 32;
/** Ends of an attempt after which the two are connected, or about to be, in another way. */
const NO_FAILURES = ["replaced", "known", "closed"];

/** What the owner of the mesh wants to hear. Nothing here may throw. */
export interface MeshListener {
  linkOpened(peer: string, role: number): void;
  linkClosed(peer: string): void;
  /** The other side does not answer for the moment; the link may come back. */
  linkWavered(): void;
  linkControl(peer: string, message: Uint8Array): void;
  linkBlocks(peer: string, message: Uint8Array): void;
  linkDrained(): void;
}

/** How the mesh reaches the world. */
export interface MeshSurroundings {
  readonly listener: MeshListener;
  /** Send to the tracker; false while it is away. */
  send(message: ToTracker): boolean;
  /** Open a connection; it reports to `listener`. */
  connect(listener: ConnectionListener): PeerConnection;
  now(): number;
  /** How many neighbours are looked for, and how many taken. */
  readonly degree: number;
  readonly most: number;
}

/**
 * One connection, wanted or open. `waits` says that an offer of ours has left and has no answer yet, `named` what the
 * tracker called the peer last; `fingerprint` is that of its certificate, once it is known.
 */
interface Link {
  readonly peer: string;
  named: string;
  fingerprint: string | undefined;
  waits: boolean;
  role: number;
  readonly offer: number;
  readonly ours: boolean;
  connection: PeerConnection | undefined;
  opened: boolean;
}

/** All links of one peer. It wants `degree` neighbours and never has more than `most`. */
export class Mesh {
  /** What the tracker calls this peer now. */
  me = "";
  private readonly around: MeshSurroundings;
  private readonly links = new Map<string, Link>();
  private readonly banned = new Map<string, number>();
  private failed: string[] = [];
  private nextOffer = Math.floor(Math.random() * OFFERS);

  constructor(around: MeshSurroundings) {
    this.around = around;
  }

  // What stands

  /** Peers with an open connection, by their newest ids, as an announce names them. */
  get neighbours(): Uint8Array[] {
    const open = [...this.links.values()].filter((link) => link.opened);
    return open.slice(0, MOST_NEIGHBOURS_TOLD).map((link) => peerBytes(link.named));
  }

  /** How many connections are open, viewers and seeders, and how many of them are to seeders. */
  count(seeder: number): { readonly peers: number; readonly seeders: number } {
    const open = [...this.links.values()].filter((link) => link.opened);
    return { peers: open.length, seeders: open.filter((link) => link.role === seeder).length };
  }

  /** How many introductions to ask for; links that do not answer are replaced before they are given up. */
  get wanted(): number {
    const steady = [...this.links.values()].filter((link) => !link.opened || link.connection?.alive === true);
    return Math.max(Math.min(this.around.degree - steady.length, MAX_INTRODUCTIONS, this.slots), 0);
  }

  /** How many more connections fit. */
  get slots(): number {
    return Math.max(this.around.most - this.links.size, 0);
  }

  /** Peers that could not be reached since the last call. */
  takeFailed(): Uint8Array[] {
    const { failed } = this;
    this.failed = [];
    return failed.map(peerBytes);
  }

  /** Bytes in the send buffer of every open link. */
  buffered(): [peer: string, size: number][] {
    const open = [...this.links.values()].filter((link) => link.opened);
    return open.map((link) => [link.peer, link.connection?.buffered ?? 0]);
  }

  // What is done

  /** Send on the control channel of a peer, when it is still there. */
  sendControl(peer: string, message: Uint8Array<ArrayBuffer>): void {
    this.links.get(peer)?.connection?.sendControl(message);
  }

  /** Send on the blocks channel of a peer. */
  sendBlocks(peer: string, message: Uint8Array<ArrayBuffer>, lowMark: number): void {
    this.links.get(peer)?.connection?.sendBlocks(message, lowMark);
  }

  /** Close the link to a peer; one at fault is not met again for ten minutes. */
  part(peer: string, reason: string, fault: boolean): void {
    const link = this.links.get(peer);
    if (fault) for (const name of new Set([peer, link?.named, link?.fingerprint])) this.ban(name);
    link?.connection?.fail(reason);
  }

  /** Name a peer to the tracker as one that we should not be introduced to again for some minutes. */
  avoid(peer: string): void {
    this.noteFailed(this.links.get(peer)?.named ?? peer);
  }

  /** Close all links, or those to one role alone. */
  close(role?: number): void {
    for (const link of [...this.links.values()]) if (role === undefined || link.role === role) this.drop(link, "closed");
  }

  // What the tracker says

  /** Offer to peers that the tracker introduces. */
  candidates(message: Candidates): void {
    for (const introduced of message.peers) {
      const peer = peerName(introduced.peer);
      if (this.slots === 0 || this.knows(peer) || this.isBanned(peer)) continue;
      this.nextOffer = (this.nextOffer + 1) % OFFERS;
      const link = this.add(peer, introduced.role, this.nextOffer, true);
      if (link !== undefined) void this.describe(link, (connection) => connection.offer());
    }
  }

  /**
   * Answer an offer, when there is room, unless its sender is a neighbour already. Of two offers that cross, the one of
   * the lower peer id stands.
   */
  offered(message: Offered): void {
    const peer = peerName(message.peer);
    const fingerprint = peerName(message.fingerprint);
    if (this.isBanned(peer) || this.isBanned(fingerprint)) return;
    if (this.links.get(peer)?.waits === true && this.me < peer) return;
    if (this.stays(fingerprint, peer)) return;
    for (const link of [...this.links.values()]) {
      if (link.peer === peer || (link.fingerprint === fingerprint && !link.opened)) this.drop(link, "replaced");
    }
    if (this.slots === 0) return;
    const link = this.add(peer, message.role, message.offer, false);
    if (link === undefined) return;
    link.fingerprint = fingerprint;
    void this.describe(link, (connection) => connection.answer(message.connection, message.fingerprint));
  }

  /** Take the answer to an offer of ours, unless it turns out to come from a neighbour. */
  answered(message: Answered): void {
    const link = this.links.get(peerName(message.peer));
    if (link?.waits !== true || link.offer !== message.offer) return;
    link.waits = false;
    const fingerprint = peerName(message.fingerprint);
    if (this.isBanned(fingerprint)) {
      this.drop(link, "banned");
      return;
    }
    if (this.stays(fingerprint, link.peer)) {
      this.drop(link, "known");
      return;
    }
    link.role = message.role;
    link.fingerprint = fingerprint;
    link.connection?.accept(message.connection, message.fingerprint).catch(() => { this.drop(link, "answer"); });
  }

  /** Take late candidates of a peer. */
  trickled(message: Trickled): void {
    const link = this.links.get(peerName(message.peer));
    if (link?.offer === message.offer) link.connection?.addCandidates(message.candidates);
  }

  /** An offer is void. Open connections stay, whatever the tracker thinks of the peer. */
  gone(message: Gone): void {
    const link = this.links.get(peerName(message.peer));
    if (link?.opened === false && link.offer === message.offer) this.drop(link, "gone");
  }

  // Neighbours with a new name

  private knows(peer: string): boolean {
    return this.links.has(peer) || [...this.links.values()].some((link) => link.opened && link.named === peer);
  }

  /** Keep the open link to whoever has this certificate, under the new name; give it up when its other side is gone. */
  private stays(fingerprint: string, named: string): boolean {
    const twin = [...this.links.values()].find((link) => link.opened && link.fingerprint === fingerprint);
    if (twin === undefined) return false;
    if (twin.connection?.alive !== true) {
      this.drop(twin, "silent");
      return false;
    }
    twin.named = named;
    return true;
  }

  // Set-up

  /** Begin a link; undefined where the browser makes no connection (it has too many, or policy forbids them). */
  private add(peer: string, role: number, offer: number, ours: boolean): Link | undefined {
    const begun = { named: peer, fingerprint: undefined, waits: false, connection: undefined, opened: false };
    const link: Link = { peer, role, offer, ours, ...begun };
    try {
      link.connection = this.around.connect(this.listenerOf(link));
    } catch {
      this.noteFailed(peer);
      return undefined;
    }
    this.links.set(peer, link);
    return link;
  }

  private async describe(link: Link, make: (connection: PeerConnection) => Promise<Connection>): Promise<void> {
    if (link.connection === undefined) return;
    try {
      const connection = await make(link.connection);
      if (this.links.get(link.peer) !== link) return;
      const to = peerBytes(link.peer);
      const type = link.ours ? "Offer" : "Answer";
      link.waits = link.ours;
      if (!this.around.send({ type, to, offer: link.offer, connection })) this.drop(link, "no tracker");
    } catch {
      this.drop(link, "description");
    }
  }

  private listenerOf(link: Link): ConnectionListener {
    const { listener } = this.around;
    return {
      opened: () => {
        link.opened = true;
        listener.linkOpened(link.peer, link.role);
      },
      closed: (reason) => { this.closed(link, reason); },
      wavered: () => { listener.linkWavered(); },
      controlReceived: (message) => { listener.linkControl(link.peer, message); },
      blocksReceived: (message) => { listener.linkBlocks(link.peer, message); },
      drained: () => { listener.linkDrained(); },
      candidatesFound: (candidates) => { this.trickle(link, candidates); },
    };
  }

  private trickle(link: Link, candidates: readonly Candidate[]): void {
    const to = peerBytes(link.peer);
    this.around.send({ type: "Trickle", to, offer: link.offer, candidates: candidates.slice(0, MAX_CANDIDATES) });
  }

  private closed(link: Link, reason: string): void {
    if (this.links.get(link.peer) === link) this.links.delete(link.peer);
    if (link.opened) this.around.listener.linkClosed(link.peer);
    else if (!NO_FAILURES.includes(reason)) this.noteFailed(link.peer);
  }

  private noteFailed(peer: string): void {
    this.failed = [...this.failed, peer].slice(-MOST_FAILED);
  }

  private drop(link: Link, reason: string): void {
    link.connection?.fail(reason);
    if (this.links.get(link.peer) === link) this.links.delete(link.peer);
  }

  private ban(name: string | undefined): void {
    if (name === undefined) return;
    const [oldest] = this.banned.keys();
    if (this.banned.size >= MOST_BANNED && oldest !== undefined) this.banned.delete(oldest);
    this.banned.set(name, this.around.now() + BANNED_MS);
  }

  private isBanned(name: string): boolean {
    return (this.banned.get(name) ?? 0) > this.around.now();
  }
}
