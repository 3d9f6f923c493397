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
_SEGMENT_S = 4
_Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure to reach. `reached` is asked with our value and that of plain HTTP (None: not measured)."""

    figure: str
    text: str
    reached: Callable[[float, float | None], bool]


# P2P saves nearly what can be saved, costs little, and never makes playback worse than HTTP alone.
AIMS = (
    Aim("stall_ratio", "no more than HTTP + 0.001", lambda ours, http: http is None or ours <= http + 0.001),
    Aim("startup_ms_p50", "1.05 x HTTP + 50 ms", lambda ours, http: http is None or ours <= 1.05 * http + 50),
    Aim("latency_s_p50", "a segment over HTTP", lambda ours, http: http is None or ours <= http + _SEGMENT_S),
    Aim("wasted", "0.03 at most", lambda ours, _: ours <= 0.03),
    Aim("cpu_s_per_viewer_min", "1.25 x HTTP", lambda ours, http: http is None or ours <= 1.25 * http),
    Aim("failed", "nobody", lambda ours, _: ours == 0),
)


def _least(figure: str, value: float) -> Aim:
    return Aim(figure, f"{value:g} or more", lambda ours, _: ours >= value)


def _most(figure: str, value: float) -> Aim:
    return Aim(figure, f"{value:g} at most", lambda ours, _: ours <= value)


SCENARIO_AIMS = {
    "live-open": (_least("of_bound", 0.98), _least("offload_total", 0.76), _most("stalls", 0)),
    "live-join": (_least("of_bound", 0.98), _least("offload_total", 0.72)),
    "live-seeder": (_most("origin_to_viewers_share", 0.05),),
    "live-uplink-50": (_least("of_bound", 0.95),),
    "live-uplink-80": (_least("of_bound", 0.95),),
    "live-mesh": (_most("copies_per_segment", 2),),
    "bell": (_most("copies_per_segment", 3), _most("stalls", 0)),
    "vod-staggered": (_least("of_bound", 0.95),),
}
"""What more is asked of a scenario; of the others only that playback is not worse than over HTTP alone."""


def aims_of(scenario: str) -> tuple[Aim, ...]:
    """The figures that a scenario is to reach."""
    return SCENARIO_AIMS.get(scenario, ()) + AIMS


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
            cells.append(_aim(result["scenario"], name, ours, http))
        lines.append(_line(cells))
    return "\n".join(lines)


def missed(scenario: str, ours: _Figures, http: _Figures | None) -> list[str]:
    """The names of the figures that miss their aim."""
    return [aim.figure for aim in aims_of(scenario) if ours[aim.figure] is not None and not _reached(aim, ours, http)]


def _reached(aim: Aim, ours: _Figures, http: _Figures | None) -> bool:
    return aim.reached(ours[aim.figure], http[aim.figure] if http else None)


def _aim(scenario: str, name: str, ours: _Figures, http: _Figures | None) -> str:
    aim = next((one for one in aims_of(scenario) if one.figure == name), None)
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
