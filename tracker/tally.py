"""What the tracker counts. Every label is one of a fixed few, so that the counters cannot be made to grow."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Announces by result, signals by kind and result, refusals by reason, STUN requests by result."""

    announces: Counter[str] = field(default_factory=Counter)
    signals: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    stun: Counter[str] = field(default_factory=Counter)
