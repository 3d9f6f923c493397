"""The fetch policy: which block of a wanted segment to ask of whom, and when HTTP must step in.

Pure functions of integers, so that numba compiles them unchanged and `web-player/src/engine/policy.ts` mirrors them
line by line. Sequences may be lists or int64 arrays. Times are ms on one clock, sizes bytes, rates bytes/s;
products stay below 2^53.

Every segment has a deadline. For each source that offers a block the policy predicts when it would arrive; the
block is asked of the source that is predicted to bring it first, if that meets the deadline. HTTP takes what nobody
offers (at once for a feeder, after a wait by rank for all others) and whatever would come too late otherwise.
"""

import json
from importlib.resources import files
from typing import NamedTuple

MISSING, ASKED, HTTP, HELD = 0, 1, 2, 3
WANT, FETCH, DROP = 0, 1, 2
ACTION_FIELDS = 4
NEVER = 2**52
_NOBODY = -1
_PERMILLE = 1000
_SECOND = 1000


class Parameters(NamedTuple):
    """The numbers of `policy.json`."""

    margin_ms: int
    silence_ms: int
    suspect_ms: int
    initial_rate: int
    initial_round_trip_ms: int
    initial_http_rate: int
    lecture_wait_ms: int
    loading_wait_ms: int
    pipeline_ms: int
    least_window_bytes: int
    credit_bytes: int
    send_buffer_bytes: int
    send_buffer_ms: int
    announce_ms: int
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

    `backup` is when HTTP may step in for blocks that nobody offers, `latest` when it must. `urgent` is 1 when the
    player has nothing to play. `state`, `owner` and `asked` have one entry a block: its state, the source asked, and
    when. `rate`, `round_trip`, `queue`, `window` and `silent` have one a source: measured rate, round trip, bytes
    asked and not yet here, bytes that may be asked at once, and ms for which it has owed us something in silence.
    `offers[source * blocks + block]` is 1 where the source holds the block. `offset` is the block to begin with.
    """

    now: int
    deadline: int
    backup: int
    latest: int
    urgent: int
    block_bytes: int
    offset: int
    margin_ms: int
    silence_ms: int
    state: list[int]
    owner: list[int]
    asked: list[int]
    rate: list[int]
    round_trip: list[int]
    queue: list[int]
    window: list[int]
    silent: list[int]
    offers: list[int]


def http_latest(deadline: int, margin_ms: int, size: int, rate: int, round_trip: int, queued: int) -> int:
    """The last moment at which `size` bytes asked over HTTP still meet the deadline, `queued` bytes being ahead."""
    return deadline - margin_ms - round_trip - (size + queued) * _SECOND // max(rate, 1)


def live_backup(known: int, latest: int, patience: int) -> int:
    """When a viewer that is no feeder fetches a live segment nobody offers, learnt of at `known`.

    `patience` is its rendezvous position among the members, 0 to 999: viewers spread over the second half of the
    slack, so that a dead feeder costs a few copies and never a stampede.
    """
    slack = max(latest - known, 0)
    return known + slack // 2 + slack * patience // (2 * _PERMILLE)


def lecture_backup(known: int, latest: int, rank: int, wait_ms: int) -> int:
    """When a viewer fetches a lecture's segment that nobody offers: the first by rank at once, the others a step each
    later, so that one of those who play in step fetches for all."""
    return min(known + rank * wait_ms, max(latest, known))


def predict(view: View, source: int, extra: int) -> int:
    """When `extra` more bytes asked of a source now would have arrived."""
    pending = view.queue[source] + extra
    return view.now + view.round_trip[source] + pending * _SECOND // max(view.rate[source], 1)


def decide(view: View, actions: list[int]) -> tuple[int, int]:
    """Fill `actions` with (kind, source, first block, count) quadruples; return their number and the next wake-up.

    `actions` holds at least 4 * (2 * blocks + 1) entries. `view.state`, `owner` and `queue` are updated to what the
    actions bring about, so that the caller sees the same segment as the policy.
    """
    count = _give_up_late(view, actions, 0)
    count = _ask_sources(view, actions, count)
    if _http_due(view):
        count = _fetch_missing(view, actions, count)
    return count, _wake(view)


def _give_up_late(view: View, actions: list[int], count: int) -> int:
    """Take blocks back from sources that fell silent, or that will miss the deadline once HTTP must start."""
    must = view.urgent == 1 or view.now >= view.latest
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


def _hushed(view: View, source: int) -> bool:
    """It owes us something and has been silent for too long."""
    return view.silent[source] >= _patience(view)


def _patience(view: View) -> int:
    """How long a source may be silent: where HTTP must start, a third of the usual time."""
    return view.silence_ms if view.now < view.latest else view.silence_ms // 3


def _ask_sources(view: View, actions: list[int], count: int) -> int:
    blocks = len(view.state)
    for step in range(blocks):
        block = (view.offset + step) % blocks
        if view.state[block] != MISSING:
            continue
        source = _best_source(view, block)
        if source != _NOBODY:
            view.state[block] = ASKED
            view.owner[block] = source
            view.asked[block] = view.now
            view.queue[source] += view.block_bytes
            count = _append(actions, count, WANT, source, block)
    return count


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
        if view.queue[source] + view.block_bytes > view.window[source]:
            continue
        finish = predict(view, source, view.block_bytes)
        if finish < earliest:
            earliest = finish
            best = source
    return best


def _http_due(view: View) -> bool:
    if view.urgent == 1 or view.now >= view.latest:
        return True
    return view.now >= view.backup


def _fetch_missing(view: View, actions: list[int], count: int) -> int:
    """Fetch missing blocks over HTTP: all of them when time is up, else those that nobody offers."""
    must = view.urgent == 1 or view.now >= view.latest
    for block in range(len(view.state)):
        if view.state[block] == MISSING and (must or not _offered(view, block)):
            view.state[block] = HTTP
            count = _append(actions, count, FETCH, _NOBODY, block)
    return count


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
    for block in range(len(view.state)):
        if view.state[block] == MISSING:
            wake = min(wake, view.latest if view.now >= view.backup else min(view.backup, view.latest))
        elif view.state[block] == ASKED:
            left = _patience(view) - view.silent[view.owner[block]]
            wake = min(wake, view.latest if view.latest > view.now else NEVER, view.now + max(left, 1))
    return max(wake, view.now + 1)
