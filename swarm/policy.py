"""The fetch policy: which block of a wanted segment to ask of whom, and when HTTP must step in.

Pure functions of integers, so that numba compiles them unchanged and `web-player/src/engine/policy.ts` mirrors them
line by line. Sequences may be lists or int64 arrays. Times are ms on one clock, sizes bytes, rates bytes/s;
products stay below 2^53.

Every segment has a deadline. For each source that offers a block the policy predicts when it would arrive; the
block is asked of the source that is predicted to bring it first, if that meets the deadline. HTTP takes what nobody
offers (at once the blocks that this viewer feeds, others after a wait by rank) and whatever would come too late
otherwise. What is wanted only to spare is never taken over HTTP.
"""

import json
from importlib.resources import files
from typing import NamedTuple

MISSING, ASKED, HTTP, HELD = 0, 1, 2, 3
WANT, FETCH, DROP = 0, 1, 2
ACTION_FIELDS = 4
NEVER = 2**52
_NOBODY = -1
_SECOND = 1000
_COMMON = 3


class Parameters(NamedTuple):
    """The numbers of `policy.json`."""

    margin_ms: int
    silence_ms: int
    suspect_ms: int
    initial_rate: int
    initial_round_trip_ms: int
    initial_http_rate: int
    backup_step_ms: int
    lecture_wait_ms: int
    pipeline_ms: int
    least_window_bytes: int
    credit_bytes: int
    send_buffer_bytes: int
    send_buffer_ms: int
    upload_path_ms: int
    announce_ms: int
    strained_announce_ms: int
    strikes: int
    strike_forgiven_ms: int
    late_want_ms: int
    degree: int
    most_neighbours: int
    http_retry_ms: int
    http_tries: int


def load_parameters() -> Parameters:
    """Read `policy.json`, which lies beside this module."""
    return Parameters(**json.loads(files("swarm").joinpath("policy.json").read_text("utf-8")))


class View(NamedTuple):
    """One wanted segment as the policy sees it.

    `backup` is when HTTP may step in for blocks that nobody offers, `latest` when it must. `urgent` is 1
    when the player has nothing to play, `spare` when nobody needs the segment yet. `offset` is the block to begin with.

    `state`, `owner`, `asked` and `mine` have one entry a block: its state, the source asked, when, and 1 where this
    viewer feeds it. `rate`, `round_trip`, `queue`, `ahead`, `window`, `silent` and `patience` have one a source:
    measured rate, round trip, bytes asked and not yet here, those of them needed no later than this segment, bytes
    that may be asked at once, ms for which it has owed us something in silence, and for which it may.
    `offers[source * blocks + block]` is 1 where the source has the block, or will soon.
    """

    now: int
    deadline: int
    backup: int
    latest: int
    urgent: int
    spare: int
    block_bytes: int
    offset: int
    margin_ms: int
    state: list[int]
    owner: list[int]
    asked: list[int]
    mine: list[int]
    rate: list[int]
    round_trip: list[int]
    queue: list[int]
    ahead: list[int]
    window: list[int]
    silent: list[int]
    patience: list[int]
    offers: list[int]


def http_latest(deadline: int, margin_ms: int, size: int, rate: int, round_trip: int, queued: int) -> int:
    """The last moment at which `size` bytes asked over HTTP still meet the deadline, `queued` bytes being ahead."""
    return deadline - margin_ms - round_trip - (size + queued) * _SECOND // max(rate, 1)


def live_backup(known: int, latest: int, alone: int, rank: int, step_ms: int) -> int:
    """When a viewer fetches blocks of a live segment, learnt of at `known`, that nobody has offered since `alone`.

    `rank` is its rendezvous position among the members, in sixteenths. Feeders get three eighths of the slack; then
    one member steps in, and twice as many with each step, so that dead feeders cost a few copies and no stampede.
    """
    grace = known + max(latest - known, 0) * 3 // 8
    return max(grace, alone) + rank_delay(rank, step_ms)


def rank_delay(rank: int, step_ms: int) -> int:
    """How long a member of a rank in sixteenths waits for those before it: one step whenever their number doubles."""
    reach, steps = 16, 0
    while reach * 2 <= rank + 16:
        reach *= 2
        steps += 1
    return steps * step_ms + (rank + 16 - reach) * step_ms // reach


def feeds(block: int, blocks: int, sequence: int, stripe: int, stripes: int) -> bool:
    """Whether the feeder of a stripe feeds a block: a run of blocks each, another one with every segment."""
    return stripe >= 0 and block * stripes // blocks == (stripe + sequence) % stripes


def lecture_backup(known: int, latest: int, rank: int, wait_ms: int) -> int:
    """When a viewer fetches a lecture's segment that nobody offers: the first by rank at once, the others a step each
    later, so that one of those who play in step fetches for all."""
    return min(known + rank * wait_ms, max(latest, known))


def predict(view: View, source: int, extra: int) -> int:
    """When `extra` more bytes asked of a source now would have arrived: what is needed earlier comes first."""
    pending = view.ahead[source] + extra
    return view.now + view.round_trip[source] + pending * _SECOND // max(view.rate[source], 1)


def decide(view: View, actions: list[int]) -> tuple[int, int]:
    """Fill `actions` with (kind, source, first block, count) quadruples; return their number and the next wake-up.

    `actions` holds at least 4 * (2 * blocks + 1) entries. `view.state`, `owner`, `queue` and `ahead` are updated to
    what the actions bring about, so that the caller sees the same segment as the policy.
    """
    count = _give_up_late(view, actions, 0)
    count = _ask_sources(view, actions, count)
    if view.spare == 0:
        count = _fetch_missing(view, actions, count)
    return count, _wake(view)


def _give_up_late(view: View, actions: list[int], count: int) -> int:
    """Take blocks back from sources that fell silent, or that will miss the deadline once HTTP must start."""
    must = _must(view)
    for block in range(len(view.state)):
        if view.state[block] != ASKED:
            continue
        source = view.owner[block]
        late = must and predict(view, source, 0) > max(view.deadline - view.margin_ms, view.now)
        if late or _hushed(view, source):
            view.state[block] = MISSING
            view.owner[block] = _NOBODY
            count = _append(actions, count, DROP, source, block)
    return count


def _must(view: View) -> bool:
    """Time is up: HTTP must bring what is missing."""
    return view.spare == 0 and (view.urgent == 1 or view.now >= view.latest)


def _hushed(view: View, source: int) -> bool:
    """It owes us something and has been silent for too long."""
    return view.silent[source] >= _patience(view, source)


def _patience(view: View, source: int) -> int:
    """How long a source may be silent: a third of the usual time where HTTP must start."""
    return view.patience[source] // 3 if _must(view) else view.patience[source]


def _ask_sources(view: View, actions: list[int], count: int) -> int:
    """Ask for missing blocks, those that only one source offers first: else its uplink goes to what others have too."""
    for most in range(1, _COMMON + 1):
        count = _ask_rare(view, actions, count, most)
    return count


def _ask_rare(view: View, actions: list[int], count: int, rarity: int) -> int:
    """Ask for the blocks that so many sources offer; _COMMON stands for as many and more."""
    blocks = len(view.state)
    for step in range(blocks):
        block = (view.offset + step) % blocks
        if view.state[block] != MISSING or min(_sources_of(view, block), _COMMON) != rarity:
            continue
        source = _best_source(view, block)
        if source != _NOBODY:
            view.state[block] = ASKED
            view.owner[block] = source
            view.asked[block] = view.now
            view.queue[source] += view.block_bytes
            view.ahead[source] += view.block_bytes
            count = _append(actions, count, WANT, source, block)
    return count


def _sources_of(view: View, block: int) -> int:
    """How many sources offer a block."""
    blocks = len(view.state)
    offering = 0
    for source in range(len(view.rate)):
        offering += view.offers[source * blocks + block]
    return offering


def _best_source(view: View, block: int) -> int:
    """The source predicted to bring the block first, if it can before the deadline; else nobody."""
    blocks = len(view.state)
    best = _NOBODY
    earliest = view.deadline - view.margin_ms
    if view.urgent == 1:
        return _NOBODY
    for source in range(len(view.rate)):
        if view.offers[source * blocks + block] != 1 or _hushed(view, source):
            continue
        if view.queue[source] + view.block_bytes > view.window[source] or (view.spare == 1 and view.queue[source] > 0):
            continue
        finish = predict(view, source, view.block_bytes)
        if finish < earliest:
            earliest = finish
            best = source
    return best


def _fetch_missing(view: View, actions: list[int], count: int) -> int:
    """Fetch missing blocks over HTTP: all of them when time is up, else those that nobody will bring."""
    must = _must(view)
    for block in range(len(view.state)):
        if view.state[block] == MISSING and (must or (_due(view, block) and not _offered(view, block))):
            view.state[block] = HTTP
            count = _append(actions, count, FETCH, _NOBODY, block)
    return count


def _due(view: View, block: int) -> bool:
    """HTTP may bring this block, if nobody offers it."""
    return view.mine[block] == 1 or view.now >= view.backup


def _offered(view: View, block: int) -> bool:
    blocks = len(view.state)
    for source in range(len(view.rate)):
        if view.offers[source * blocks + block] == 1 and not _hushed(view, source):
            return True
    return False


def _append(actions: list[int], count: int, kind: int, source: int, block: int) -> int:
    """Add one block to the last action when it continues it, else begin a new one."""
    at = (count - 1) * ACTION_FIELDS
    if count > 0 and actions[at] == kind and actions[at + 1] == source and actions[at + 2] + actions[at + 3] == block:
        actions[at + 3] += 1
        return count
    at += ACTION_FIELDS
    actions[at] = kind
    actions[at + 1] = source
    actions[at + 2] = block
    actions[at + 3] = 1
    return count + 1


def _wake(view: View) -> int:
    """The next moment at which time alone changes the decision."""
    wake = NEVER
    must = view.latest if view.latest > view.now and view.spare == 0 else NEVER
    for block in range(len(view.state)):
        if view.state[block] == MISSING and view.spare == 0:
            wake = min(wake, must, view.backup if view.now < view.backup else NEVER)
        elif view.state[block] == ASKED:
            left = _patience(view, view.owner[block]) - view.silent[view.owner[block]]
            wake = min(wake, must, view.now + max(left, 1))
    return max(wake, view.now + 1)
