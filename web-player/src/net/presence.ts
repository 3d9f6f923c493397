/**
 * What the tracker hears of this peer: where it stands in each item it watches, and how many neighbours it lacks. Before
 * it asks for new ones it parts with one that is of no use, when there is one.
 */
import { Acquaintances } from "../engine/acquaintance.ts";
import type { Exchange } from "../engine/exchange.ts";
import { NO_SEQUENCE } from "../engine/messages.ts";
import type { ToTracker } from "../engine/messages.ts";
import { tallyOf } from "../engine/tally.ts";
import type { Mesh } from "./mesh.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

/** After a neighbour was lost, or while more can be had, the next announce comes this soon. */
const RETRY_ANNOUNCE_MS = 1500;
/** The strain on the uplink is measured over no less than this: blocks go out in a burst with each segment. */
const STRAIN_MS = 5000;

/** Where the viewer stands: media sequence numbers of the playhead and of the held range (-1: none). */
export interface Standing {
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

/** What announcing needs. */
export interface PresenceSurroundings {
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly mesh: Mesh;
  readonly degree: number;
  /** Send to the tracker; false while it is away. */
  send(message: ToTracker): boolean;
  /** Whether the tracker let us in, and whether we meet others. */
  joined(): boolean;
  meets(): boolean;
  /** Part with a neighbour that is of no use. */
  part(peer: string): void;
}

/** Announces every watched item, as often as it pays. */
export class Presence {
  /** How often the tracker wants to hear of us. */
  announceMs = 10_000;
  private readonly around: PresenceSurroundings;
  private readonly watched = new Map<string, () => Standing>();
  private readonly acquaintances: Acquaintances;
  private stopAnnouncing: CancelTimer | undefined;
  private strain = 0;
  private measured = 0;

  constructor(around: PresenceSurroundings) {
    this.around = around;
    this.acquaintances = new Acquaintances(around.degree);
  }

  /** Announce an item from now on. */
  watch(item: string, standing: () => Standing): void {
    this.watched.set(item, standing);
    this.announce();
  }

  /** Stop announcing an item; the connections stay, for they are the course's. */
  leave(item: string): void {
    if (this.watched.delete(item)) this.around.send({ type: "Leave", item });
  }

  /** Leave all items. */
  close(): void {
    for (const item of [...this.watched.keys()]) this.leave(item);
  }

  /** Tell the tracker where we stand, now and then again in a while. */
  announce(): void {
    const { mesh } = this.around;
    if (!this.around.joined()) return;
    const standings = [...this.watched].map(([item, standing]) => [item, standing()] as const);
    const meets = this.around.meets();
    if (meets) this.review(standings);
    this.measureStrain();
    for (const [item, { position, first, last }] of standings) {
      this.around.send({
        type: "Announce",
        item,
        position: Math.max(position, NO_SEQUENCE),
        first,
        last,
        // Whoever gives nothing is not sent to others, who would get nothing; it may ask for neighbours all the same.
        slots: meets && this.around.exchange.uploading ? mesh.slots : 0,
        want: meets ? mesh.wanted : 0,
        neighbours: mesh.neighbours,
        failed: mesh.takeFailed(),
        strain: this.strain,
      });
    }
    const lonely = meets && mesh.neighbours.length === 0;
    this.announceAfter(lonely ? Math.min(RETRY_ANNOUNCE_MS, this.announceMs) : this.announceMs);
  }

  /** Announce soon when neighbours are lacking: one was lost, or the tracker knows more than it named at once. */
  lack(): void {
    if (this.around.joined() && this.around.meets() && this.around.mesh.wanted > 0) this.announceAfter(RETRY_ANNOUNCE_MS);
  }

  private measureStrain(): void {
    const now = this.around.clock.now();
    if (now - this.measured < STRAIN_MS) return;
    this.measured = now;
    this.strain = this.around.exchange.uploads.strain(now);
  }

  private review(standings: readonly (readonly [string, Standing])[]): void {
    const { clock, exchange, mesh } = this.around;
    const places = standings.map(([item, { position }]) => [item, position] as const);
    const tallies = [...exchange.neighbours.values()].map((one) => tallyOf(one, exchange.me, places));
    const poor = this.acquaintances.review(tallies, clock.now());
    if (poor === undefined) return;
    mesh.avoid(poor);
    this.around.part(poor);
  }

  private announceAfter(ms: number): void {
    this.stopAnnouncing?.();
    this.stopAnnouncing = this.around.clock.after(ms, () => { this.announce(); });
  }
}
