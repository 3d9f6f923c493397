"""Rows in, playlist text out (RFC 8216, rfc8216bis), signed with `swarm.playlist`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from origin.records import Item, Segment, Track
from swarm.keys import SigningKey
from swarm.playlist import MULTIVARIANT, Claims, sign_playlist

VERSION = 7
AUDIO_GROUP = "audio"
_HEADER = f"#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-INDEPENDENT-SEGMENTS\n"
ALL, LIVE = "all", "live"


@dataclass(frozen=True, slots=True)
class MediaList:
    """What one media playlist lists. `window` is `all`, `live` or `FIRST-LAST`; `closed` ends it with ENDLIST;
    `blocking` promises blocking reloads."""

    segments: Sequence[Segment]
    window: str
    closed: bool
    blocking: bool = False


def date_time(ms: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"


def segment_time(item: Item, track: Track, segment: Segment) -> int:
    """Unix milliseconds of a segment's first frame."""
    return item.epoch_ms + segment.start * 1000 // track.timescale


def target_duration(segment_ms: int, segments: Sequence[Segment], timescale: int) -> int:
    """Whole seconds that no EXTINF exceeds when rounded; it stays put while segments keep to the regular length."""
    longest = max((_rounded(s.duration, timescale) for s in segments), default=0)
    return max(1, -(-segment_ms // 1000), longest)


def _rounded(ticks: int, timescale: int) -> int:
    return (2 * ticks + timescale) // (2 * timescale)


def media_playlist(item: Item, track: Track, listed: MediaList, key: SigningKey) -> bytes:
    """The signed media playlist of one track."""
    segments = listed.segments
    head = segments[-1].msn if segments else -1
    time_ms = segment_time(item, track, segments[-1]) if segments else item.epoch_ms
    lines = [*_media_header(item, track, listed), *(line for s in segments for line in _entry(item, track, s))]
    if listed.closed:
        lines.append("#EXT-X-ENDLIST")
    text = _HEADER + "\n".join(lines) + "\n"
    return sign_playlist(text, Claims(item.id, track.id, listed.window, item.edition, head, time_ms), key)


def _media_header(item: Item, track: Track, listed: MediaList) -> list[str]:
    first = listed.segments[0].msn if listed.segments else 0
    lines = [f"#EXT-X-TARGETDURATION:{target_duration(item.segment_ms, listed.segments, track.timescale)}"]
    if listed.blocking:
        lines.append("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES")
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
    if listed.closed and listed.window != LIVE:
        lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
    lines.append(f'#EXT-X-MAP:URI="../../media/{track.init}.mp4"')
    return lines


def _entry(item: Item, track: Track, segment: Segment) -> tuple[str, str, str, str]:
    return (
        f"#EXT-X-PROGRAM-DATE-TIME:{date_time(segment_time(item, track, segment))}",
        f"#EXTINF:{segment.duration / track.timescale:.6f},",
        f"#BANYAN-SIZE:{segment.size}",
        f"../../media/{segment.object}.m4s",
    )


def multivariant_playlist(item: Item, key: SigningKey, query: str = "") -> bytes:
    """The signed multivariant playlist; `query` (such as `?start=5`) is handed on to its media playlists."""
    audio = [track for track in item.tracks if track.kind == "audio"]
    video = [track for track in item.tracks if track.kind == "video"]
    lines = [_audio_line(track, index, query) for index, track in enumerate(audio)] if video else []
    for track in video or audio:
        lines += [_variant_line(track, audio if video else []), f"{track.id}.m3u8{query}"]
    claims = Claims(item.id, MULTIVARIANT, ALL, item.edition, -1, item.epoch_ms)
    return sign_playlist(_HEADER + "\n".join(lines) + "\n", claims, key)


def _audio_line(track: Track, index: int, query: str) -> str:
    attributes = ["TYPE=AUDIO", f'GROUP-ID="{AUDIO_GROUP}"', f'NAME="{_quotable(track.name or track.id)}"']
    if track.language:
        attributes.append(f'LANGUAGE="{_quotable(track.language)}"')
    attributes += [f"DEFAULT={'NO' if index else 'YES'}", "AUTOSELECT=YES"]
    if track.channels:
        attributes.append(f'CHANNELS="{track.channels}"')
    return f'#EXT-X-MEDIA:{",".join(attributes)},URI="{track.id}.m3u8{query}"'


def _variant_line(track: Track, audio: Sequence[Track]) -> str:
    peak = track.bandwidth + max((a.bandwidth for a in audio), default=0)
    mean = track.average_bandwidth + max((a.average_bandwidth for a in audio), default=0)
    codecs = ",".join(dict.fromkeys([track.codecs, *(a.codecs for a in audio)]))
    attributes = [f"BANDWIDTH={max(1, peak)}", f"AVERAGE-BANDWIDTH={max(1, mean)}", f'CODECS="{_quotable(codecs)}"']
    if track.width and track.height:
        attributes.append(f"RESOLUTION={track.width}x{track.height}")
    if track.frame_rate:
        attributes.append(f"FRAME-RATE={track.frame_rate:.3f}")
    if audio:
        attributes.append(f'AUDIO="{AUDIO_GROUP}"')
    return f"#EXT-X-STREAM-INF:{','.join(attributes)}"


def _quotable(text: str) -> str:
    """Text fit for a quoted-string (RFC 8216 section 4.2), and never the beginning of a signature line."""
    return "".join("'" if c == '"' else c for c in text if c.isprintable())[:128].replace("BANYAN:", "BANYAN ")
