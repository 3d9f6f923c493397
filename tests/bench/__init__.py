"""Benchmarks of the whole: `python -m tests.bench NAME [options] --json`; docs/measurements.md says what they found."""

import sys
from pathlib import Path

# The browser tests' modules stand in a folder of their own, which pytest puts on the path by itself.
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
