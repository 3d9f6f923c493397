"""Courses, items, tracks, segments and assets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _big(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "course",
        _text("id"),
        _text("title"),
        _big("created"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("title"),
    )
    _create_item()
    _create_track()
    _create_segment()
    _create_asset()


def _create_item() -> None:
    op.create_table(
        "item",
        *(_text(name) for name in ("id", "course", "kind", "title", "state")),
        _big("created"),
        _big("started", null=True),
        _big("ended", null=True),
        _big("duration_ms"),
        *(_number(name) for name in ("segment_ms", "edition", "head")),
        _text("owner"),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["course"], ["course.id"]),
    )
    op.create_index("item_course", "item", ["course", "created"])
    op.create_index("item_state", "item", ["state"])


def _create_track() -> None:
    op.create_table(
        "track",
        _text("item"),
        _text("id"),
        _number("place"),
        _text("kind"),
        _text("codecs"),
        _big("bandwidth"),
        _big("average_bandwidth"),
        _number("timescale"),
        _text("init"),
        _number("width", null=True),
        _number("height", null=True),
        sa.Column("frame_rate", sa.Float(), nullable=True),
        _text("language", null=True),
        _text("name", null=True),
        _number("channels", null=True),
        sa.PrimaryKeyConstraint("item", "id"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], ondelete="CASCADE"),
    )
    op.create_index("track_init", "track", ["init"])


def _create_segment() -> None:
    op.create_table(
        "segment",
        _text("item"),
        _text("track"),
        _number("msn"),
        _text("object"),
        _big("start"),
        _big("duration"),
        _number("size"),
        sa.PrimaryKeyConstraint("item", "track", "msn"),
        sa.ForeignKeyConstraint(["item", "track"], ["track.item", "track.id"], ondelete="CASCADE"),
    )
    op.create_index("segment_object", "segment", ["object"])


def _create_asset() -> None:
    op.create_table(
        "asset",
        _text("item"),
        _text("kind"),
        _number("place"),
        _text("object"),
        _text("extension"),
        _number("size"),
        _text("language", null=True),
        _text("name", null=True),
        sa.PrimaryKeyConstraint("item", "kind", "place"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], ondelete="CASCADE"),
    )
    op.create_index("asset_object", "asset", ["object"])
