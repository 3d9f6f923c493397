"""Records of the catalogue as answers of the JSON API."""

from msgspec import convert

from origin.messages import Caption, CourseAnswer, ItemAnswer, Key, TrackAnswer
from origin.objects import CUES
from origin.records import CAPTIONS, THUMBNAILS, Course, Item, Track
from swarm.keys import VerifyingKey


def item_answer(item: Item, key: VerifyingKey) -> ItemAnswer:
    """An item as the API tells it."""
    cues = next((a for a in item.assets if a.kind == THUMBNAILS), None)
    about = {name: getattr(item, name) for name in ("id", "course", "kind", "title", "state")}
    captions = [
        Caption(language=a.language or "und", name=a.name or a.language or "", url=f"/media/{a.object}.{CUES}")
        for a in item.assets
        if a.kind == CAPTIONS
    ]
    times = {"created": item.created, "started": item.started, "ended": item.ended}
    more = {
        "duration": item.duration_ms,
        "segment_duration": item.segment_ms,
        "playlist": f"/hls/{item.id}/index.m3u8",
        "thumbnails": None if cues is None else f"/media/{cues.object}.{CUES}",
        "tracks": [_track(track) for track in item.tracks],
        "captions": captions,
        "key": Key(kid=key.kid, **key.jwk),
    }
    return convert({**about, **times, **more}, ItemAnswer, from_attributes=True)


def course_answer(course: Course, items: list[Item], key: VerifyingKey) -> CourseAnswer:
    """A course and its items as the API tells them."""
    return CourseAnswer(id=course.id, title=course.title, items=[item_answer(item, key) for item in items])


def _track(track: Track) -> TrackAnswer:
    fields = {name: getattr(track, name) for name in TrackAnswer.__struct_fields__}
    return convert({name: value for name, value in fields.items() if value is not None}, TrackAnswer)
