"""Logs of every process: key=value lines for a person at a terminal, one JSON object per line otherwise."""

import logging
import sys
from typing import TextIO

import structlog


def configure_log(level: str, form: str, stream: TextIO = sys.stderr) -> None:
    """Send structlog and the standard library's logging to `stream`.

    `level` is a name of `logging`, in lower case; `form` is `text`, `json`, or `auto` (text on a terminal).
    """
    text = form == "text" or (form == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(text)))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    _quieten()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _ending(text: bool) -> list[structlog.typing.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if text:
        order = ["timestamp", "level", "logger", "event"]
        return [strip, structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=order)]
    # Local variables stay out of tracebacks: they hold tickets, tokens and addresses.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    traceback = structlog.processors.ExceptionRenderer(frames)
    return [strip, traceback, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _quieten() -> None:
    """At `info` aioice and aiortc tell each candidate, alembic each step; FFmpeg's own words come through `libav`."""
    for name in ("aioice", "aiortc", "aiohttp.access", "alembic", "libav", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
