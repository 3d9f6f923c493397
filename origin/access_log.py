"""An operator's record of every answer: one JSON object a line, for accounts, load tests and searches for faults.

Fields of a line: `time` (Unix s, when the answer had left or broken off), `ms` that it took, `address` and `agent` of
the client, `method`, `path`, `range` (as it was asked for, or null), `status`, `kind` (`origin.counters.KINDS`), `sent`
(bytes that left, with headers) and `body` (without). Addresses are personal data: keep the file no longer than needed.
"""

import json
import time
from pathlib import Path
from typing import TextIO

import structlog
from aiohttp import hdrs, web

from swarm.errors import PlainError

_LONGEST = 256
_log = structlog.get_logger("origin")


class AccessLog:
    """Appends to a file; when the disk fails it says so once and falls silent, as answers matter more."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make it where it is missing. Raises PlainError when it cannot be written."""
        try:
            self._file: TextIO | None = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise PlainError(
                f"The access log {path} cannot be written: {error.strerror}. Choose another file (origin.access_log).",
                f"无法写入访问日志 {path}：{error.strerror}。请换一个文件（origin.access_log）。",
            ) from error

    def note(
        self, request: web.Request, response: web.StreamResponse, kind: str, began: float, sent: int, body: int
    ) -> None:
        """Write the line of one answer; `began` is the Unix time at its start, sizes are bytes."""
        if self._file is None:
            return
        now = time.time()
        line = {
            "time": round(now, 3),
            "ms": round((now - began) * 1000),
            "address": request.remote,
            "agent": request.headers.get(hdrs.USER_AGENT, "")[:_LONGEST],
            "method": request.method,
            "path": request.path[:_LONGEST],
            "range": request.headers.get(hdrs.RANGE, "")[:_LONGEST] or None,
            "status": response.status,
            "kind": kind,
            "sent": sent,
            "body": body,
        }
        try:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        except OSError as error:
            _log.error("access log", error=str(error))
            self._file = None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
