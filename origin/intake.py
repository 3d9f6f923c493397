"""Takes the events of a media source into the store and the catalogue: one item, from opened to finished."""

import re
from collections.abc import Callable

from origin.alignment import Alignment
from origin.bandwidth import RateMeter
from origin.entries import Entries
from origin.errors import SourceError
from origin.media.events import Event, Failed, Finished, Init, Opened, Sheet, ThumbnailCues, TrackInfo
from origin.media.events import Segment as SegmentEvent
from origin.objects import CUES, INIT, PICTURE, SEGMENT, ObjectName
from origin.records import SHEET, THUMBNAILS, Asset, Segment, Track
from origin.store import Store
from origin.thumbnails import thumbnail_cues
from swarm.errors import PlainError
from swarm.identity import Proof, id_text, prove

MAX_TRACKS = 32
MAX_SHEETS = 10_000
_TRACK_ID = re.compile(r"(?!index$)[A-Za-z0-9-]{1,32}")


class Intake:
    """Fills one item. `head` is the newest sequence number that all tracks have stored (-1: none).

    `on_stored` is called with each segment's name, bytes and proof when they are on disk.
    """

    def __init__(
        self, entries: Entries, store: Store, item_id: str, on_stored: Callable[[ObjectName, bytes, Proof], None]
    ) -> None:
        self._entries = entries
        self._store = store
        self._item = item_id
        self._on_stored = on_stored
        self._inits: dict[str, bytes] = {}
        self._alignment: Alignment | None = None
        self._meters: dict[str, RateMeter] = {}
        self._sheets: list[str] = []
        self.opened: Opened | None = None
        self.finished: Finished | None = None
        self.tracks: tuple[Track, ...] = ()
        self.segments = self.bytes = self.duration_ms = 0

    @property
    def head(self) -> int:
        return -1 if self._alignment is None else self._alignment.head

    @property
    def rates(self) -> dict[str, tuple[int, int]]:
        """Each track's peak and mean in bit/s."""
        return {track: (meter.peak, meter.mean) for track, meter in self._meters.items()}

    async def take(self, event: Event) -> None:
        """Store what the event carries. Raises SourceError when it is out of turn, PlainError when the source failed,
        StoreError, and PlainError on a full disk."""
        match event:
            case Opened():
                self._open(event)
            case Init():
                await self._take_init(event)
            case SegmentEvent():
                await self._take_segment(event)
            case Sheet():
                await self._take_sheet(event)
            case ThumbnailCues():
                await self._take_cues(event)
            case Finished():
                self._finish(event)
            case Failed():
                raise PlainError(event.en, event.zh)

    def _open(self, event: Opened) -> None:
        ids = [track.id for track in event.tracks]
        named = len(set(ids)) == len(ids) and all(_TRACK_ID.fullmatch(one) for one in ids)
        if self.opened is not None or not 1 <= len(ids) <= MAX_TRACKS or not named:
            raise SourceError(f"opened twice, or tracks {ids[: MAX_TRACKS + 1]}")
        self.opened = event

    async def _take_init(self, event: Init) -> None:
        if self.opened is None or self.tracks or event.track not in {track.id for track in self.opened.tracks}:
            raise SourceError(f"an initialisation segment of {event.track} out of turn")
        self._inits[event.track] = event.data
        if len(self._inits) == len(self.opened.tracks):
            await self._begin_tracks(self.opened)

    async def _begin_tracks(self, opened: Opened) -> None:
        names = {track: _name(data, INIT) for track, data in self._inits.items()}
        self.tracks = tuple(_track(info, names[info.id].id) for info in opened.tracks)
        await self._entries.open(self._item, self.tracks, round(opened.segment_ms))
        for track, data in self._inits.items():
            await self._store.put(names[track], data)
        self._alignment = Alignment(track.id for track in self.tracks)
        self._meters = {t.id: RateMeter(t.timescale, self._start(1, t.timescale)) for t in self.tracks}

    def _start(self, sequence: int, timescale: int) -> int:
        assert self.opened is not None
        return sequence * self.opened.segment_ticks * timescale // self.opened.segment_timescale

    async def _take_segment(self, event: SegmentEvent) -> None:
        if self._alignment is None:
            raise SourceError(f"a segment of {event.track} before all initialisation segments")
        self._alignment.check(event.track, event.sequence)
        timescale = next(t.timescale for t in self.tracks if t.id == event.track)
        if event.timescale != timescale or event.duration_ticks <= 0:
            raise SourceError(f"{event.track} has {timescale} ticks a second, not {event.timescale}")
        proof = prove(event.data)
        name = ObjectName(id_text(proof.id), SEGMENT)
        start = self._start(event.sequence, timescale)
        row = Segment(event.sequence, name.id, start, event.duration_ticks, len(event.data))
        await self._entries.claim_segment(self._item, event.track, row)
        await self._store.put(name, event.data)
        self._note(event, row, timescale)
        self._on_stored(name, event.data, proof)

    def _note(self, event: SegmentEvent, row: Segment, timescale: int) -> None:
        assert self._alignment is not None
        self._alignment.add(event.track, event.sequence)
        self._meters[event.track].add(row.size, row.duration)
        self.segments += 1
        self.bytes += row.size
        self.duration_ms = max(self.duration_ms, (row.start + row.duration) * 1000 // timescale)

    async def _take_sheet(self, event: Sheet) -> None:
        if event.index != len(self._sheets) or event.index >= MAX_SHEETS:
            raise SourceError(f"thumbnail sheet {event.index} where {len(self._sheets)} was due")
        self._sheets.append((await self._take_asset(SHEET, event.index, event.data, PICTURE)).id)

    async def _take_cues(self, event: ThumbnailCues) -> None:
        await self._take_asset(THUMBNAILS, 0, thumbnail_cues(event, self._sheets).encode(), CUES)

    async def _take_asset(self, kind: str, index: int, data: bytes, extension: str) -> ObjectName:
        name = _name(data, extension)
        await self._entries.claim_asset(self._item, Asset(kind, index, name.id, extension, len(data)))
        await self._store.put(name, data)
        return name

    def _finish(self, event: Finished) -> None:
        if self.head < 0:
            raise SourceError("a source that finished without a single segment")
        self.finished = event


def _name(data: bytes, extension: str) -> ObjectName:
    return ObjectName(id_text(prove(data).id), extension)


def _track(info: TrackInfo, init: str) -> Track:
    return Track(
        info.id,
        info.kind,
        info.codecs,
        info.bandwidth,
        info.bandwidth,
        info.timescale,
        init,
        info.width,
        info.height,
        info.frame_rate,
        info.language,
        info.name,
        info.channels,
    )
