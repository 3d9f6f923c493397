"""A series as a table for people: engines side by side, ours against plain HTTP, and which aims were reached."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ROWS = (
    "offload",
    "bound",
    "of_bound",
    "offload_total",
    "stall_ratio",
    "startup_ms_p50",
    "latency_s_p50",
    "wasted",
    "received_per_appended",
    "copies_per_segment",
    "peak_origin_mbps",
    "origin_to_viewers_share",
    "cpu_s_per_viewer_min",
    "stalls",
    "failed",
)
_WIDTH = 14
_Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure to reach. `reached` is asked with our value and that of plain HTTP (None: not measured)."""

    figure: str
    text: str
    reached: Callable[[float, float | None], bool]


# P2P saves nearly what can be saved, costs little, and never makes playback worse than HTTP alone.
AIMS = (
    Aim("of_bound", "0.95 or more", lambda ours, _: ours >= 0.95),
    Aim("stall_ratio", "no more than HTTP + 0.001", lambda ours, http: http is None or ours <= http + 0.001),
    Aim("startup_ms_p50", "HTTP + 10 % at most", lambda ours, http: http is None or ours <= 1.1 * http),
    Aim("latency_s_p50", "HTTP + 0.5 s at most", lambda ours, http: http is None or ours <= http + 0.5),
    Aim("wasted", "0.05 at most", lambda ours, _: ours <= 0.05),
    Aim("cpu_s_per_viewer_min", "HTTP + 20 % at most", lambda ours, http: http is None or ours <= 1.2 * http),
    Aim("failed", "nobody", lambda ours, _: ours == 0),
)


def table(result: dict[str, Any]) -> str:
    """Text of some lines; `result` is what `series.summary` gives."""
    engines: dict[str, _Figures] = result["engines"]
    ours, http = engines.get("banyan"), engines.get("http")
    head = ["", *engines, *(["banyan/http"] if ours and http else []), *(["aim"] if ours else [])]
    lines = [f"{result['scenario']}: {result['viewers']} viewers, medians of {result['runs']} runs", _line(head)]
    for name in _ROWS:
        cells = [name, *(_number(figures[name]) for figures in engines.values())]
        if ours and http:
            cells.append(_ratio(ours[name], http[name]))
        if ours:
            cells.append(_aim(name, ours, http))
        lines.append(_line(cells))
    return "\n".join(lines)


def missed(ours: _Figures, http: _Figures | None) -> list[str]:
    """The names of the figures that miss their aim."""
    return [aim.figure for aim in AIMS if ours[aim.figure] is not None and not _reached(aim, ours, http)]


def _reached(aim: Aim, ours: _Figures, http: _Figures | None) -> bool:
    return aim.reached(ours[aim.figure], http[aim.figure] if http else None)


def _aim(name: str, ours: _Figures, http: _Figures | None) -> str:
    aim = next((one for one in AIMS if one.figure == name), None)
    if aim is None or ours[name] is None:
        return ""
    return f"{'reached' if _reached(aim, ours, http) else 'MISSED'}: {aim.text}"


def _line(cells: list[str]) -> str:
    first, *others = cells
    return (f"{first:<24}" + "".join(f"{cell:>{_WIDTH}}" for cell in others[:-1]) + f"  {others[-1]:>12}").rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _ratio(ours: float | None, http: float | None) -> str:
    return f"{ours / http:.3f}" if ours is not None and http is not None and http > 0 else "-"
