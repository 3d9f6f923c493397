/**
 * Which neighbour a viewer parts with to meet another: one at a time, rarely, and only one that stands out as poor. The
 * mirror of swarm/acquaintance.py, which tells the reasons.
 */

/** How often neighbours are compared, and the least time between two partings. */
export const PERIOD_MS = 30_000;
/** Partings that bring nobody better come less and less often, down to this: introductions are limited. */
const MOST_PAUSE_MS = 480_000;
/** Younger ones have had no chance yet. */
const SETTLED_MS = 30_000;
const IDLE_MS = 60_000;
const STANDS_OUT = 8;
const FAR_MS = 200;
/** Where less than this is usual, nobody is in need and the figures say nothing. */
const LEAST_TYPICAL_BYTES = 256 * 1024;
export const NOBODY = -1;
const NEAR_MS = 100;
const MOST_HALVINGS = 3;

/**
 * One neighbour over the last minute or so: verified bytes that we used of it, bytes that we gave it, round trip (ms),
 * strikes, 1 if it is near us in an item and 1 if it is a seeder, time since it was met (ms), and its lot.
 */
export interface Figures {
  readonly useful: number;
  readonly given: number;
  readonly roundTrip: number;
  readonly strikes: number;
  readonly near: number;
  readonly seeder: number;
  readonly age: number;
  readonly lot: number;
}

/** A neighbour as the exchange counts it, since it was met at `opened` (ms). The rest as in Figures. */
export interface Tally extends Omit<Figures, "age"> {
  readonly peer: string;
  readonly opened: number;
}

/** What a neighbour does for us, and half as much what we do for it; less with each strike and with distance. */
export function worth({ useful, given, strikes, roundTrip }: Figures): number {
  const traffic = Math.floor((2 * useful + given) / 2 ** Math.min(strikes, MOST_HALVINGS));
  return Math.floor((traffic * NEAR_MS) / (NEAR_MS + roundTrip));
}

/** The median of the viewers that are settled, 0 without any. */
export function typicalWorth(neighbours: readonly Figures[]): number {
  return median(neighbours.filter(isSettled).map(worth));
}

/** Place of the neighbour to part with, or NOBODY. Seeders and newcomers stay, and all stay below `degree`. */
export function poorest(neighbours: readonly Figures[], degree: number): number {
  if (degree === 0 || neighbours.length < degree) return NOBODY;
  const settled = neighbours.filter(isSettled);
  const typical = typicalWorth(neighbours);
  const roundTrip = median(settled.map((one) => one.roundTrip));
  const useful = settled.reduce((sum, one) => sum + one.useful, 0);
  const lowest = Math.min(...settled.map(({ lot }) => lot));
  const kept = settled.find(({ lot }) => lot === lowest);
  const [poor] = settled
    .filter((one) => one !== kept && !isDependedOn(one, useful, settled.length) && isPoor(one, typical, roundTrip))
    .sort((one, other) => worth(one) - worth(other) || one.near - other.near);
  return poor === undefined ? NOBODY : neighbours.indexOf(poor);
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function isSettled({ seeder, age }: Figures): boolean {
  return seeder === 0 && age >= SETTLED_MS;
}

function isDependedOn({ useful }: Figures, allUseful: number, count: number): boolean {
  return useful > 0 && useful * count >= allUseful;
}

function isPoor(one: Figures, typical: number, roundTrip: number): boolean {
  const standsOut = typical >= LEAST_TYPICAL_BYTES && worth(one) * STANDS_OUT < typical;
  if (one.near === 0) return standsOut || (one.useful === 0 && one.given === 0 && one.age >= IDLE_MS);
  const far = one.roundTrip >= FAR_MS && one.roundTrip > 4 * roundTrip;
  return standsOut && (one.strikes > 0 || far);
}

interface Traffic {
  readonly useful: number;
  readonly given: number;
}

const NOTHING: Traffic = { useful: 0, given: 0 };

/** Remembers what each neighbour did, and decides each PERIOD_MS at most. `degree` is how many are kept. */
export class Acquaintances {
  private readonly degree: number;
  private marks = new Map<string, Traffic>();
  private recent = new Map<string, Traffic>();
  private compared = 0;
  private parted = 0;
  private pause = 0;

  constructor(degree: number) {
    this.degree = degree;
  }

  /** The neighbour to part with now, if any; to be called every few seconds with all that are connected. */
  review(tallies: readonly Tally[], now: number): string | undefined {
    if (now - this.compared < PERIOD_MS) return undefined;
    this.compared = now;
    const figures = this.figures(tallies, now);
    this.judge(tallies, figures);
    if (now - this.parted < this.pause) return undefined;
    const poor = tallies[poorest(figures, this.degree)];
    if (poor === undefined) return undefined;
    this.parted = now;
    this.pause = Math.min(Math.max(2 * this.pause, PERIOD_MS), MOST_PAUSE_MS);
    return poor.peer;
  }

  /** Half of what was counted before and all that came since: what lies long back fades. */
  private figures(tallies: readonly Tally[], now: number): Figures[] {
    const recent = new Map<string, Traffic>();
    for (const { peer, useful, given } of tallies) {
      const before = this.recent.get(peer) ?? NOTHING;
      const then = this.marks.get(peer) ?? NOTHING;
      recent.set(peer, {
        useful: Math.floor(before.useful / 2) + useful - then.useful,
        given: Math.floor(before.given / 2) + given - then.given,
      });
    }
    this.recent = recent;
    this.marks = new Map(tallies.map((one) => [one.peer, one]));
    return tallies.map((one) => ({ ...one, ...recent.get(one.peer), age: now - one.opened }));
  }

  /** Whoever came in place of another and does half of what is usual shows that parting pays. */
  private judge(tallies: readonly Tally[], figures: readonly Figures[]): void {
    const typical = typicalWorth(figures);
    for (const [place, one] of figures.entries()) {
      const cameSince = this.pause > 0 && (tallies[place]?.opened ?? 0) >= this.parted && isSettled(one);
      if (cameSince && one.useful > 0 && 2 * worth(one) >= typical) this.pause = 0;
    }
  }
}
