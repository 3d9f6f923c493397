"""The event loop of peer processes: uvloop, which halves the CPU of WebRTC.

Not for a process that serves files: uvloop has no sendfile.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a peer's main coroutine to its end in this process."""
    return uvloop.run(main)
