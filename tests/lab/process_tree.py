"""Processes with all that they have started, by proc(5)."""

import os
import signal
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """A process and its descendants; empty when it is gone."""
    parents = {pid: parent for pid, (parent, _) in _all().items()}
    if root not in parents:
        return []
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may be gone. Raises ValueError for what is no process's id: 0 and -1
    would strike this very process and all others."""
    if any(pid <= 1 for pid in pids):
        raise ValueError(f"{pids} are not all ids of processes")
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


class ProcessorTime:
    """Processor time of a process and its descendants; what ended between two looks counts as it was seen last."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._seen: dict[int, float] = {}

    def look(self) -> float:
        """All of it up to now, in s."""
        ticks = _all()
        self._seen |= {pid: ticks[pid][1] for pid in tree(self._root) if pid in ticks}
        return sum(self._seen.values())


def machine_s() -> float:
    """Processor time of everything on this machine since it started, in s."""
    user, nice, system, _idle, _waiting, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / _TICKS


def _all() -> dict[int, tuple[int, float]]:
    """Parent and processor time of every process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(folder.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS)
    return found
