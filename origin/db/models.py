"""Tables. Times are Unix ms, segment times ticks of the track's timescale, sizes bytes, rates bit/s."""

from sqlalchemy import BigInteger, Float, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables."""


class CourseRow(Base):
    __tablename__ = "course"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    created: Mapped[int] = mapped_column(BigInteger)


class ItemRow(Base):
    __tablename__ = "item"
    __table_args__ = (Index("item_course", "course", "created"), Index("item_state", "state"))

    id: Mapped[str] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(ForeignKey("course.id"))
    kind: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    created: Mapped[int] = mapped_column(BigInteger)
    started: Mapped[int | None] = mapped_column(BigInteger)
    ended: Mapped[int | None] = mapped_column(BigInteger)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    segment_ms: Mapped[int]
    edition: Mapped[int]
    head: Mapped[int]
    owner: Mapped[str]


class TrackRow(Base):
    __tablename__ = "track"
    __table_args__ = (Index("track_init", "init"),)

    item: Mapped[str] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    kind: Mapped[str]
    codecs: Mapped[str]
    bandwidth: Mapped[int] = mapped_column(BigInteger)
    average_bandwidth: Mapped[int] = mapped_column(BigInteger)
    timescale: Mapped[int]
    init: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None] = mapped_column(Float)
    language: Mapped[str | None]
    name: Mapped[str | None]
    channels: Mapped[int | None]


class SegmentRow(Base):
    __tablename__ = "segment"
    __table_args__ = (
        ForeignKeyConstraint(["item", "track"], ["track.item", "track.id"], ondelete="CASCADE"),
        Index("segment_object", "object"),
    )

    item: Mapped[str] = mapped_column(primary_key=True)
    track: Mapped[str] = mapped_column(primary_key=True)
    msn: Mapped[int] = mapped_column(primary_key=True)
    object: Mapped[str]
    start: Mapped[int] = mapped_column(BigInteger)
    duration: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]


class AssetRow(Base):
    __tablename__ = "asset"
    __table_args__ = (Index("asset_object", "object"),)

    item: Mapped[str] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    object: Mapped[str]
    extension: Mapped[str]
    size: Mapped[int]
    language: Mapped[str | None]
    name: Mapped[str | None]
