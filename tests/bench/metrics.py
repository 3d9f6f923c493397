"""What a cell shows of an engine: the one place where the benchmark's figures are defined. Pure.

A cohort is a segment k that n_k viewers appended, each b_k bytes, and of which the origin sent c_k bytes over HTTP,
headers included, partial answers as far as they got, seeders' too. It counts from when a swarm had time to form:

- a class: published 20 s after the last viewer joined or later, and not after the last segment of its track that every
  viewer who stayed to the end (and appended anything in its last 30 s) has appended;
- a lecture: 20 s into the item or later.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from tests.lab.record import Cell, Request, Segment, ViewerRecord

SETTLED_S = 20.0
_ALIVE_S = 30.0
_PEAK_WINDOW_S = 4
_PAGES = ("/assets/", "/watch/")


@dataclass(frozen=True, slots=True)
class Cohort:
    """One segment: `viewers` is n_k, `size` b_k, `sent` c_k, and `sent_to_viewers` the part that no seeder took."""

    viewers: int
    size: int
    sent: int
    sent_to_viewers: int

    @property
    def appended(self) -> int:
        """All viewers' copies, bytes."""
        return self.viewers * self.size


@dataclass(frozen=True, slots=True)
class Figures:
    """One cell. Shares are of 1; None where nothing was there to count.

    `offload` = 1 - sum(c_k) / sum(n_k b_k) over the cohorts and `bound` the best that can be: one copy of each,
    1 - sum(b_k) / sum(n_k b_k), and where every viewer's uplink is limited no more than all uplinks (by what a bare
    data channel carries on them) over what all viewers need together. `of_bound` = offload / bound.

    `offload_total` = 1 - all that the origin sent (media, proofs, playlists, API, headers, seeders' too, from the first
    second on, but not the page and its scripts: `page_bytes`) / all media appended.

    `stall_ratio` = stalled / (stalled + played) of all viewers. `startup_ms_p50` is from the navigation to the first
    `playing`, `latency_s_p50` how far, by the playlist's dates, the picture is behind the end of the newest published
    segment (so that an encoder that lags is not held against the engine); medians over viewers.
    `wasted` = media that viewers say came twice or in vain / appended; `received_per_appended` = the media that the
    origin sent them and all that came over their data channels / appended: it needs no engine's word, and holds what
    was fetched ahead and small talk too. `copies_per_segment` = mean of c_k / b_k. `peak_origin_mbps` is the origin's
    busiest 4 s. `origin_to_viewers_share` = what the origin sent to viewers of the cohorts / their sum of n_k b_k.
    `cpu_s_per_viewer_min` is of viewers with all their processes, for each minute that they were there.
    """

    offload: float | None
    bound: float | None
    of_bound: float | None
    offload_total: float | None
    stall_ratio: float | None
    startup_ms_p50: float | None
    latency_s_p50: float | None
    wasted: float | None
    received_per_appended: float | None
    copies_per_segment: float | None
    peak_origin_mbps: float
    origin_to_viewers_share: float | None
    cpu_s_per_viewer_min: float | None
    segments: int
    stalls: int
    failed: int
    page_bytes: int


def figures(cell: Cell) -> Figures:
    """All figures of a cell."""
    viewers = [viewer for viewer in cell.viewers if not _failed(viewer)]
    of_segments = list(cohorts(cell))
    copies = sum(cohort.appended for cohort in of_segments)
    offload = _saved(sum(cohort.sent for cohort in of_segments), copies)
    bound = _bound(cell, of_segments, copies)
    all_appended = sum(one.bytes for viewer in viewers for one in viewer.appended)
    stalled, played = (sum(getattr(one, name) for one in viewers) for name in ("stalled_ms", "played_ms"))
    pages = sum(request.bytes for request in cell.requests if _is_page(request))
    return Figures(
        offload=offload,
        bound=bound,
        of_bound=None if offload is None or not bound else offload / bound,
        offload_total=_saved(sum(request.bytes for request in cell.requests) - pages, all_appended),
        stall_ratio=_share(stalled, stalled + played),
        startup_ms_p50=_median(viewer.startup_ms for viewer in viewers),
        latency_s_p50=_median(_behind(cell, viewer) for viewer in viewers),
        wasted=_share(sum(viewer.wasted for viewer in viewers), all_appended),
        received_per_appended=_share(_received(cell, viewers), all_appended),
        copies_per_segment=_copies(of_segments),
        peak_origin_mbps=_peak(cell.requests),
        origin_to_viewers_share=_share(sum(cohort.sent_to_viewers for cohort in of_segments), copies),
        cpu_s_per_viewer_min=_cpu(cell, viewers),
        segments=len(of_segments),
        stalls=sum(viewer.stalls for viewer in viewers),
        failed=len(cell.viewers) - len(viewers),
        page_bytes=pages,
    )


def cohorts(cell: Cell) -> Iterator[Cohort]:
    """The segments that count."""
    seeders = {seeder.name for seeder in cell.seeders}
    sent: dict[str, int] = defaultdict(int)
    to_seeders: dict[str, int] = defaultdict(int)
    for request in cell.requests:
        if request.kind == "media" and request.segment:
            sent[request.segment] += request.bytes
            to_seeders[request.segment] += request.bytes if request.who in seeders else 0
    keys = [{one.key for one in viewer.appended} for viewer in cell.viewers]
    for segment in _settled(cell):
        viewers = sum(segment.key in appended for appended in keys)
        if viewers:
            key = segment.key
            yield Cohort(viewers, segment.bytes, sent[key], sent[key] - to_seeders[key])


def _settled(cell: Cell) -> Iterator[Segment]:
    if cell.kind != "live":
        yield from (segment for segment in cell.segments if segment.starts_s >= SETTLED_S)
        return
    formed = max((viewer.joined_s for viewer in cell.viewers), default=0) + SETTLED_S
    last = _last_of_all(cell)
    for segment in cell.segments:
        if (
            segment.published_s is not None
            and segment.published_s >= formed
            and segment.sequence <= last[segment.track]
        ):
            yield segment


def _last_of_all(cell: Cell) -> dict[str, int]:
    """For each track the last segment that everybody who stayed and was alive had time to append."""
    of_key = {segment.key: segment for segment in cell.segments}
    last: dict[str, list[int]] = defaultdict(list)
    for viewer in cell.viewers:
        newest: dict[str, int] = {}
        if viewer.left_how != "end" or not any(one.t >= cell.seconds - _ALIVE_S for one in viewer.appended):
            continue
        for segment in (of_key[one.key] for one in viewer.appended if one.key in of_key):
            newest[segment.track] = max(segment.sequence, newest.get(segment.track, -1))
        for track, sequence in newest.items():
            last[track].append(sequence)
    return defaultdict(lambda: -1, {track: min(sequences) for track, sequences in last.items()})


def _bound(cell: Cell, of_segments: list[Cohort], copies: int) -> float | None:
    best = _saved(sum(cohort.size for cohort in of_segments), copies)
    uplinks = [viewer.goodput_bps for viewer in cell.viewers] + [seeder.uplink_bps for seeder in cell.seeders]
    limited = [rate for rate in uplinks if rate is not None]
    if best is None or not cell.viewers or len(limited) < len(uplinks):
        return best
    return min(best, sum(limited) / (len(cell.viewers) * cell.bitrate_bps))


def _received(cell: Cell, viewers: list[ViewerRecord]) -> float:
    """Bytes: by HTTP as the origin knows it, from peers as the viewers do."""
    names = {viewer.name for viewer in viewers}
    by_http = sum(one.bytes for one in cell.requests if one.kind == "media" and one.who in names)
    return by_http + sum(one.received - (one.samples[-1].http if one.samples else 0) for one in viewers)


def _behind(cell: Cell, viewer: ViewerRecord) -> float | None:
    """The median of a viewer's distances to the edge, in s."""
    if cell.epoch_s is None:
        return None
    published = [
        (one.published_s, one.starts_s + one.duration_s) for one in cell.segments if one.published_s is not None
    ]
    behind = []
    for sample in viewer.samples:
        edge = max((end for when, end in published if when <= sample.t), default=None)
        if sample.latency_s is not None and edge is not None:
            behind.append(cell.epoch_s + edge - (sample.t - sample.latency_s))
    return _median(behind)


def _copies(of_segments: list[Cohort]) -> float | None:
    return _share(sum(cohort.sent / cohort.size for cohort in of_segments), len(of_segments))


def _peak(requests: Iterable[Request]) -> float:
    """An answer's bytes are spread evenly over the time that it took."""
    seconds: dict[int, float] = defaultdict(float)
    for request in requests:
        for second, part in _spread(request.t, max(request.ended_s, request.t + 0.001)):
            seconds[second] += part * request.bytes
    windows = (sum(seconds.get(first + more, 0.0) for more in range(_PEAK_WINDOW_S)) for first in list(seconds))
    return max(windows, default=0.0) * 8 / _PEAK_WINDOW_S / 1e6


def _spread(begin: float, end: float) -> Iterator[tuple[int, float]]:
    """Whole seconds that a span touches, each with its part of it."""
    for second in range(int(begin // 1), int(end // 1) + 1):
        inside = min(end, second + 1) - max(begin, second)
        if inside > 0:
            yield second, inside / (end - begin)


def _failed(viewer: ViewerRecord) -> bool:
    """It could not watch: it never got a page, or stayed to the end without a picture."""
    return viewer.left_how == "failed" or (viewer.left_how == "end" and viewer.startup_ms is None)


def _cpu(cell: Cell, viewers: list[ViewerRecord]) -> float | None:
    measured = [viewer for viewer in viewers if viewer.cpu_s is not None]
    minutes = sum((cell.seconds if one.left_s is None else one.left_s) - one.joined_s for one in measured) / 60
    return _share(sum(one.cpu_s or 0 for one in measured), minutes)


def _is_page(request: Request) -> bool:
    return request.kind == "other" and (request.path == "/" or request.path.startswith(_PAGES))


def _saved(sent: float, copies: float) -> float | None:
    return 1 - sent / copies if copies else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
