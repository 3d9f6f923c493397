"""Starts headless viewers by fork, so that two dozen of them cost one import of everything.

`python -m tests.lab.nursery` says `ready`, reads orders, one JSON object a line, and answers each with the viewer's
process id. When its standard input ends, it ends, and all its viewers with it.
"""

import ctypes
import os
import signal
import sys
import traceback

import msgspec

from tests.lab.python_viewer import Order, watch

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Start a viewer for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the kernel buries them
    print("ready", flush=True)
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        pid = os.fork()
        if pid == 0:
            _child(order)
        print(pid, flush=True)


def _child(order: Order) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        watch(order)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child of a fork must not run on into its parent's code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
