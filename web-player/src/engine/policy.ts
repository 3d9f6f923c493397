/**
 * The fetch policy: which block of a wanted segment to ask of whom, and when HTTP must step in. The mirror of
 * swarm/policy.py, line by line: integers only, times in ms on one clock, sizes in bytes, rates in bytes/s.
 *
 * Every segment has a deadline. For each source that offers a block the policy predicts when it would arrive; the block
 * is asked of the source that is predicted to bring it first, if that meets the deadline. HTTP takes what nobody offers
 * (at once the blocks that this viewer feeds, others after a wait by rank) and whatever would come too late otherwise.
 * What is wanted only to spare is never taken over HTTP.
 */
import parameters from "../../../swarm/policy.json";

export const MISSING = 0;
export const ASKED = 1;
export const HTTP = 2;
export const HELD = 3;
export const WANT = 0;
export const FETCH = 1;
export const DROP = 2;
export const ACTION_FIELDS = 4;
export const NEVER = 2 ** 52;
const NOBODY = -1;
const SECOND = 1000;
const COMMON = 3;
const SIXTEENTHS = 16;

/** The numbers of swarm/policy.json. */
export type Parameters = Readonly<typeof parameters>;

/** The one policy file. */
export const PARAMETERS: Parameters = parameters;

/** One wanted segment as the policy sees it; swarm/policy.py tells each field. */
export interface View {
  readonly now: number;
  readonly deadline: number;
  readonly backup: number;
  readonly latest: number;
  readonly urgent: number;
  readonly spare: number;
  readonly blockBytes: number;
  readonly offset: number;
  readonly marginMs: number;
  readonly state: number[];
  readonly owner: number[];
  readonly asked: number[];
  readonly mine: readonly number[];
  readonly rate: readonly number[];
  readonly roundTrip: readonly number[];
  readonly queue: number[];
  readonly ahead: number[];
  readonly window: readonly number[];
  readonly silent: readonly number[];
  readonly patience: readonly number[];
  readonly offers: readonly number[];
}

/** The last moment at which `size` bytes asked over HTTP still meet the deadline, `queued` bytes being ahead. */
export function httpLatest(
  deadline: number,
  marginMs: number,
  size: number,
  rate: number,
  roundTrip: number,
  queued: number,
): number {
  return deadline - marginMs - roundTrip - Math.floor(((size + queued) * SECOND) / Math.max(rate, 1));
}

/**
 * When a viewer fetches blocks of a live segment, learnt of at `known`, that nobody has offered since `alone`. `rank` is
 * its rendezvous position among the members, in sixteenths. Feeders get three eighths of the slack; then one member
 * steps in, and twice as many with each step, so that dead feeders cost a few copies and no stampede.
 */
export function liveBackup(known: number, latest: number, alone: number, rank: number, stepMs: number): number {
  const grace = known + Math.floor((Math.max(latest - known, 0) * 3) / 8);
  return Math.max(grace, alone) + rankDelay(rank, stepMs);
}

/** How long a member of a rank in sixteenths waits for those before it: one step whenever their number doubles. */
export function rankDelay(rank: number, stepMs: number): number {
  let reach = SIXTEENTHS;
  let steps = 0;
  while (reach * 2 <= rank + SIXTEENTHS) {
    reach *= 2;
    steps += 1;
  }
  return steps * stepMs + Math.floor(((rank + SIXTEENTHS - reach) * stepMs) / reach);
}

/** Whether the feeder of a stripe feeds a block: a run of blocks each, another one with every segment. */
export function feeds(block: number, blocks: number, sequence: number, stripe: number, stripes: number): boolean {
  return stripe >= 0 && Math.floor((block * stripes) / blocks) === (stripe + sequence) % stripes;
}

/** When a viewer fetches a lecture's segment that nobody offers: the first by rank at once, the others later. */
export function lectureBackup(known: number, latest: number, rank: number, waitMs: number): number {
  return Math.min(known + rank * waitMs, Math.max(latest, known));
}

/** When `extra` more bytes asked of a source now would have arrived: what is needed earlier comes first. */
export function predict(view: View, source: number, extra: number): number {
  const pending = at(view.ahead, source) + extra;
  return view.now + at(view.roundTrip, source) + Math.floor((pending * SECOND) / Math.max(at(view.rate, source), 1));
}

/**
 * Fill `actions` with (kind, source, first block, count) quadruples; return their number and the next wake-up.
 * `view.state`, `owner`, `queue` and `ahead` are updated to what the actions bring about.
 */
export function decide(view: View, actions: number[]): [count: number, wake: number] {
  let count = giveUpLate(view, actions, 0);
  count = askSources(view, actions, count);
  if (view.spare === 0) count = fetchMissing(view, actions, count);
  return [count, wakeOf(view)];
}

/** Take blocks back from sources that fell silent, or that will miss the deadline once HTTP must start. */
function giveUpLate(view: View, actions: number[], before: number): number {
  let count = before;
  const must = isMust(view);
  for (let block = 0; block < view.state.length; block += 1) {
    if (view.state[block] !== ASKED) continue;
    const source = at(view.owner, block);
    const late = must && predict(view, source, 0) > Math.max(view.deadline - view.marginMs, view.now);
    if (late || hushed(view, source)) {
      view.state[block] = MISSING;
      view.owner[block] = NOBODY;
      count = append(actions, count, DROP, source, block);
    }
  }
  return count;
}

/** Ask for missing blocks, those that only one source offers first: else its uplink goes to what others have too. */
function askSources(view: View, actions: number[], before: number): number {
  let count = before;
  for (let rarity = 1; rarity <= COMMON; rarity += 1) count = askRare(view, actions, count, rarity);
  return count;
}

/** Ask for the blocks that so many sources offer; COMMON stands for as many and more. */
function askRare(view: View, actions: number[], before: number, rarity: number): number {
  let count = before;
  const blocks = view.state.length;
  for (let step = 0; step < blocks; step += 1) {
    const block = (view.offset + step) % blocks;
    if (view.state[block] !== MISSING || Math.min(sourcesOf(view, block), COMMON) !== rarity) continue;
    const source = bestSource(view, block);
    if (source !== NOBODY) {
      view.state[block] = ASKED;
      view.owner[block] = source;
      view.asked[block] = view.now;
      view.queue[source] = at(view.queue, source) + view.blockBytes;
      view.ahead[source] = at(view.ahead, source) + view.blockBytes;
      count = append(actions, count, WANT, source, block);
    }
  }
  return count;
}

/** How many sources offer a block. */
function sourcesOf(view: View, block: number): number {
  const blocks = view.state.length;
  let offering = 0;
  for (let source = 0; source < view.rate.length; source += 1) offering += at(view.offers, source * blocks + block);
  return offering;
}

/** The source predicted to bring the block first, if it can before the deadline; else nobody. */
function bestSource(view: View, block: number): number {
  const blocks = view.state.length;
  let best = NOBODY;
  let earliest = view.deadline - view.marginMs;
  if (view.urgent === 1) return NOBODY;
  for (let source = 0; source < view.rate.length; source += 1) {
    if (view.offers[source * blocks + block] !== 1 || hushed(view, source)) continue;
    const queue = at(view.queue, source);
    if (queue + view.blockBytes > at(view.window, source) || (view.spare === 1 && queue > 0)) continue;
    const finish = predict(view, source, view.blockBytes);
    if (finish < earliest) {
      earliest = finish;
      best = source;
    }
  }
  return best;
}

/** Time is up: HTTP must bring what is missing. */
function isMust(view: View): boolean {
  return view.spare === 0 && (view.urgent === 1 || view.now >= view.latest);
}

/** It owes us something and has been silent for too long. */
function hushed(view: View, source: number): boolean {
  return at(view.silent, source) >= patience(view, source);
}

/** How long a source may be silent: a third of the usual time where HTTP must start. */
function patience(view: View, source: number): number {
  return isMust(view) ? Math.floor(at(view.patience, source) / 3) : at(view.patience, source);
}

/** Fetch missing blocks over HTTP: all of them when time is up, else those that nobody will bring. */
function fetchMissing(view: View, actions: number[], before: number): number {
  let count = before;
  const must = isMust(view);
  for (let block = 0; block < view.state.length; block += 1) {
    if (view.state[block] === MISSING && (must || (due(view, block) && !offered(view, block)))) {
      view.state[block] = HTTP;
      count = append(actions, count, FETCH, NOBODY, block);
    }
  }
  return count;
}

/** HTTP may bring this block, if nobody offers it. */
function due(view: View, block: number): boolean {
  return view.mine[block] === 1 || view.now >= view.backup;
}

function offered(view: View, block: number): boolean {
  const blocks = view.state.length;
  for (let source = 0; source < view.rate.length; source += 1) {
    if (view.offers[source * blocks + block] === 1 && !hushed(view, source)) return true;
  }
  return false;
}

/** Add one block to the last action when it continues it, else begin a new one. */
function append(actions: number[], count: number, kind: number, source: number, block: number): number {
  let last = (count - 1) * ACTION_FIELDS;
  const same = count > 0 && actions[last] === kind && actions[last + 1] === source;
  if (same && at(actions, last + 2) + at(actions, last + 3) === block) {
    actions[last + 3] = at(actions, last + 3) + 1;
    return count;
  }
  last += ACTION_FIELDS;
  actions[last] = kind;
  actions[last + 1] = source;
  actions[last + 2] = block;
  actions[last + 3] = 1;
  return count + 1;
}

/** The next moment at which time alone changes the decision. */
function wakeOf(view: View): number {
  let wake = NEVER;
  const must = view.latest > view.now && view.spare === 0 ? view.latest : NEVER;
  for (let block = 0; block < view.state.length; block += 1) {
    if (view.state[block] === MISSING && view.spare === 0) {
      wake = Math.min(wake, must, view.now < view.backup ? view.backup : NEVER);
    } else if (view.state[block] === ASKED) {
      const owner = at(view.owner, block);
      const left = patience(view, owner) - at(view.silent, owner);
      wake = Math.min(wake, must, view.now + Math.max(left, 1));
    }
  }
  return Math.max(wake, view.now + 1);
}

/** An entry of an array that is known to have it. */
function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}
