"""Headless viewers: real peers that play in real time, for measuring and for load."""

import asyncio
import logging
import re
import ssl
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from seeder import __version__
from seeder.certificate import Certificate
from seeder.errors import FetchError, FetchRefused
from seeder.follow import TrackFollower, Update
from seeder.http_source import HttpSource
from seeder.node import Node, NodeSettings
from seeder.origin_api import Item, Track
from seeder.playhead import ENDED, PLAYING, STALLED, STARTING, Playhead
from seeder.presence import Standing
from swarm.errors import PlainError
from swarm.exchange_events import Failed, Finished
from swarm.library import Listing
from swarm.peer_messages import VIEWER
from swarm.policy import load_parameters
from swarm.tracker_messages import Report

logger = logging.getLogger(__name__)
AGENT = f"banyan-viewer/{__version__}"
_ADDRESS = re.compile(r"(.*?)/(?:watch|items|hls)/([A-Za-z0-9_-]{1,64})(?:/[a-z.0-9]*)?/?")
_TICK_S = 0.1
_AHEAD_MS = 30_000
_SPARE_MS = 60_000
"""So much more of a lecture is taken from peers that have nothing else to do."""
_LOADS_PER_TRACK = 3
_LISTINGS_KEPT = 256
_JOIN_AFTER_MS = 150
_MEETING_MS = 3000
_MEETING_AHEAD_MS = 2500
"""A viewer that plays but has met nobody yet looks this far ahead, and twice the time that a segment takes over HTTP,
so as not to fetch alone what others hold."""
_CACHE_BYTES = 96 * 1024 * 1024
_MOVED_MS = 500
"""A deadline that moved by more than this is told to the exchange."""
_MOST_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """`url` is the address of a watch page or an item; `count` viewers play for `seconds`. `rung` is `lowest`,
    `highest` or a track's name. `apart_ms` lies between the starts of two viewers; without `p2p` they use HTTP only.
    `tls` is what the platform's certificate is checked with (None: the system's authorities)."""

    url: str
    count: int = 1
    seconds: float = 60.0
    rung: str = "lowest"
    apart_ms: int = 0
    p2p: bool = True
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class ViewerFigures:
    """One viewer. Times in ms, sizes in bytes: verified media by source, sent and wasted block bytes, `played` bytes
    handed to the player; `neighbours` at the end; `latency_ms` behind the newest listed frame (classes only)."""

    state: str
    startup_ms: int | None
    stalls: int
    stalled_ms: int
    played_ms: int
    played: int
    http: int
    peer: int
    seeder: int
    sent: int
    wasted: int
    rejected: int
    neighbours: int
    latency_ms: int | None


@dataclass(frozen=True, slots=True)
class ViewerSummary:
    """All viewers of one run. `saved` is the share of the media played that did not come over HTTP to these viewers
    (what a seeder fetched for them is not counted against it)."""

    item: str
    viewers: tuple[ViewerFigures, ...]

    @property
    def saved(self) -> float | None:
        played = sum(viewer.played for viewer in self.viewers)
        return 1 - sum(viewer.http for viewer in self.viewers) / played if played else None

    def json(self) -> bytes:
        """As JSON, totals first."""
        totals = {
            name: sum(getattr(viewer, name) for viewer in self.viewers)
            for name in ("stalls", "stalled_ms", "played_ms", "played", "http", "peer", "seeder", "sent", "rejected")
        }
        body = {
            "item": self.item,
            "saved": self.saved,
            **totals,
            "viewers": [asdict(viewer) for viewer in self.viewers],
        }
        return msgspec.json.format(msgspec.json.encode(body), indent=2)


async def run_viewers(settings: ViewerSettings) -> ViewerSummary:
    """Let viewers play. Raises PlainError when there is nothing to play at the address."""
    base, name = split_address(settings.url)
    source = HttpSource(base, AGENT, connections=16 * settings.count, tls=settings.tls)
    try:
        item = await _find(source, name)
        plays = (_play(source, item, settings, number) for number in range(settings.count))
        return ViewerSummary(item.id, tuple(await asyncio.gather(*plays)))
    finally:
        await source.close()


async def _play(source: HttpSource, item: Item, settings: ViewerSettings, number: int) -> ViewerFigures:
    await asyncio.sleep(settings.apart_ms * number / 1000)
    viewer = Viewer(source, item, choose_tracks(item, settings.rung), settings.p2p)
    try:
        return await viewer.play(settings.seconds)
    finally:
        await viewer.close()


def split_address(url: str) -> tuple[str, str]:
    """The platform's address and the item's name. Raises PlainError."""
    parts = urlsplit(url)
    match = _ADDRESS.fullmatch(parts.path)
    if parts.scheme not in ("http", "https") or not parts.netloc or match is None:
        raise PlainError(
            f"“{url}” is not the address of a lecture or class. Copy the address of a page like https://…/watch/….",
            f"“{url}”不是课程视频或直播课的地址。请复制形如 https://…/watch/… 的页面地址。",
        )
    prefix = match.group(1).removesuffix("/api")
    return f"{parts.scheme}://{parts.netloc}{prefix}/", match.group(2)


async def _find(source: HttpSource, name: str) -> Item:
    try:
        item = await source.item(name)
    except FetchRefused as error:
        if error.status != 404:
            raise
        raise PlainError(
            f"There is no lecture or class “{name}” at {source.base}. Look it up on the start page.",
            f"{source.base} 上没有“{name}”这个视频或直播课。请在首页查找。",
        ) from error
    except FetchError as error:
        raise PlainError(
            f"{source.base} does not answer as a Banyan server ({error}). Check the address and that it is running.",
            f"{source.base} 没有作为 Banyan 服务器应答（{error}）。请检查地址以及服务是否在运行。",
        ) from error
    if not item.playable:
        raise PlainError(
            f"“{item.title}” cannot be played: it is {item.state}. Wait until it is ready.",
            f"“{item.title}”暂时无法播放（状态：{item.state}）。请等它准备好。",
        )
    return item


def choose_tracks(item: Item, rung: str) -> tuple[Track, ...]:
    """The video rendition and the first audio track to play. Raises PlainError when there is no such rendition."""
    video = sorted((track for track in item.tracks if track.kind == "video"), key=lambda track: track.bandwidth)
    audio = [track for track in item.tracks if track.kind == "audio"][:1]
    named = [track for track in video if track.id == rung]
    chosen = {"lowest": video[:1], "highest": video[-1:]}.get(rung, named)
    if video and not chosen:
        names = [track.id for track in video]
        raise PlainError(
            f"There is no rendition “{rung}”. Choose lowest, highest, {', '.join(names)}.",
            f"没有“{rung}”这一清晰度。可选：lowest、highest、{'、'.join(names)}。",
        )
    return (*chosen, *audio)


class Viewer:
    """One viewer of one item."""

    def __init__(self, source: HttpSource, item: Item, tracks: tuple[Track, ...], p2p: bool) -> None:
        parameters = load_parameters()
        settings = NodeSettings(VIEWER, AGENT, _CACHE_BYTES, parameters.degree, parameters.most_neighbours, p2p=p2p)
        self.node = Node(item.course, settings, source, Certificate(), self)
        self._source = source
        self._item = item
        self._began = self.node.now()
        self._playhead = Playhead(tuple(track.id for track in tracks), item.state == "live", self._began)
        self._target_ms = item.segment_duration
        self._listings: dict[tuple[str, int], Listing] = {}
        self._asked: dict[bytes, tuple[int, bool, bool]] = {}
        self._fetched: set[bytes] = set()
        self._standing: Standing | None = None
        self._held = (-1, -1)
        self._largest = 0
        self._played = 0
        self._told: dict[str, int] = {}
        self._told_at = self.node.now()
        self._tasks: set[asyncio.Task[None]] = set()

    async def play(self, seconds: float) -> ViewerFigures:
        """Play for so long, or to the end; returns what was measured up to then, which is what was reported."""
        for track in self._playhead.tracks:
            self._start(TrackFollower(self._source, self._item, track, self._heard).run())
        end = self.node.now() + seconds * 1000
        while self.node.now() < end and self._playhead.state != ENDED:
            await asyncio.sleep(_TICK_S)
            self._tick()
        self._report()
        figures = self.figures()
        await self.node.tracker.flush()
        return figures

    async def close(self) -> None:
        """Leave and release everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.node.close()

    def figures(self) -> ViewerFigures:
        """What was measured."""
        playhead, now, counters = self._playhead, self.node.now(), self.node.exchange.counters
        live_delay = round(playhead.edge_ms - playhead.position) if playhead.live and playhead.position >= 0 else None
        return ViewerFigures(
            state=playhead.state,
            startup_ms=playhead.startup_ms,
            stalls=playhead.stalls,
            stalled_ms=round(playhead.stalled_until(now)),
            played_ms=round(playhead.played_ms),
            played=self._played,
            http=counters["http"],
            peer=counters["peer"],
            seeder=counters["seeder"],
            sent=counters["sent"],
            wasted=counters["wasted"],
            rejected=counters["rejected"],
            neighbours=len(self.node.mesh.neighbours),
            latency_ms=live_delay,
        )

    # What is heard

    def _heard(self, update: Update) -> None:
        self._target_ms = update.target_ms
        for listed in update.segments:
            listing = listed.listing
            self._listings[update.track, listing.sequence] = listing
            self._largest = max(self._largest, listing.size)
            self.node.exchange.listed(listing)
            self._playhead.listed(update.track, listing.sequence, listed.time_ms, listed.duration_ms)
        self._forget_old(update.track)
        if update.ended:
            self._playhead.ends(update.track)
        self._playhead.place(update.target_ms)
        self._tick()

    def finished(self, event: Finished) -> None:
        listing = self.node.exchange.library.of(event.segment)
        self._asked.pop(event.segment, None)
        if listing is None or event.segment in self._fetched:
            return
        self._fetched.add(event.segment)
        first, last = self._held
        self._held = (min(first, listing.sequence) if first >= 0 else listing.sequence, max(last, listing.sequence))
        self._played += listing.size
        starting = self._playhead.state == STARTING
        self._playhead.got(listing.key.track, listing.sequence, self.node.now())
        if starting and self._playhead.state == PLAYING:
            self._start(self._join())
        self._tick()

    def failed(self, event: Failed) -> None:
        """HTTP failed several times; it is asked again, as long as the playlist lists the segment."""
        self._asked.pop(event.segment, None)

    def demanded(self, segment: bytes) -> None:
        """A viewer offers only what it holds."""

    def duty(self, item: str) -> None:
        """The exchange knows it."""

    # What is done

    async def _join(self) -> None:
        """First play, then meet others, so that start-up is that of plain HLS."""
        await asyncio.sleep(_JOIN_AFTER_MS / 1000)
        self._standing = self.node.watch(self._item.id)
        self._stand(self._standing)
        self.node.join()

    def _tick(self) -> None:
        now = self.node.now()
        self._playhead.advance(now)
        if self._playhead.state == STALLED:
            self._playhead.catch_up(self._target_ms, self._first_listed())
            self._forget_passed()
        waiting = self._playhead.state in (STARTING, STALLED)
        ahead = self._ahead_ms(now)
        current = self._playhead.current
        for track in self._playhead.tracks:
            self._want(track, now, waiting, ahead, current)
        if self._standing is not None:
            self._stand(self._standing)
        if now - self._told_at >= self.node.report_ms:
            self._report()

    def _ahead_ms(self, now: int) -> int:
        if self._playhead.startup_ms is None:
            return 1
        playing_ms = now - self._began - self._playhead.startup_ms
        met = any(neighbour.hello is not None for neighbour in self.node.exchange.neighbours.values())
        if met or playing_ms > _MEETING_MS or not self.node.settings.p2p:
            return _AHEAD_MS
        rate = max(self.node.exchange.downloads.http_rate.value, 1)
        return _MEETING_AHEAD_MS + 2 * self._largest * 1000 // rate

    def _want(self, track: str, now: int, waiting: bool, ahead: int, current: int) -> None:
        loading = 0
        further = 0 if self._playhead.live or not self.node.exchange.neighbours else _SPARE_MS
        for sequence, left in self._playhead.wanted(ahead + further):
            listing = self._listings.get((track, sequence))
            if listing is None or listing.id in self._fetched:
                continue
            loading += 1
            if loading > _LOADS_PER_TRACK:
                return
            self._ask(listing, now + round(left), urgent=waiting and sequence == current, spare=left >= ahead)

    def _ask(self, listing: Listing, deadline: int, *, urgent: bool, spare: bool) -> None:
        """Tell the node what is wanted, unless it knows."""
        known = self._asked.get(listing.id)
        if known is None or known[1:] != (urgent, spare) or abs(known[0] - deadline) > _MOVED_MS:
            self._asked[listing.id] = (deadline, urgent, spare)
            self.node.want(listing, deadline, urgent=urgent, spare=spare)

    def _forget_passed(self) -> None:
        for segment in list(self._asked):
            listing = self.node.exchange.library.of(segment)
            if listing is not None and listing.sequence < self._playhead.current:
                del self._asked[segment]
                self.node.unwant(segment)

    def _forget_old(self, track: str) -> None:
        """A class may go on for days; what was played long ago is of no use."""
        oldest = self._playhead.current - _LISTINGS_KEPT
        for place in [place for place in self._listings if place[0] == track and place[1] < oldest]:
            self._fetched.discard(self._listings.pop(place).id)

    def _first_listed(self) -> int:
        """The oldest sequence number that the origin still lists, roughly: the live window holds 60 s."""
        newest = max((sequence for _, sequence in self._listings), default=0)
        return max(newest - 60_000 // max(self._item.segment_duration, 1), 0)

    def _stand(self, standing: Standing) -> None:
        standing.position = self._playhead.current
        standing.first, standing.last = self._held

    def _report(self) -> None:
        """Tell the tracker what happened since the last report that it took."""
        now = self.node.now()
        totals = self._totals(now)
        since = {name: max(value - self._told.get(name, 0), 0) for name, value in totals.items()}
        neighbours = len(self.node.mesh.neighbours)
        interval = min(now - self._told_at, _MOST_MS)
        if interval > 0 and self.node.report(Report(self._item.id, interval, **since, neighbours=neighbours)):
            self._told, self._told_at = totals, now

    def _totals(self, now: int) -> dict[str, int]:
        counters = self.node.exchange.counters
        names = ("http", "peer", "seeder", "sent", "wasted", "rejected")
        return {
            **{name: counters[name] for name in names},
            "played": self._played,
            "played_ms": round(self._playhead.played_ms),
            "stalled_ms": round(self._playhead.stalled_until(now)),
            "startup": self._playhead.startup_ms or 0,
        }

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
