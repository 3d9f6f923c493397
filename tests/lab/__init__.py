"""The laboratory: swarms of real viewers, each in a network of its own; docs/laboratory.md says how to use it."""

import sys
from pathlib import Path

# The browser tests' modules stand in a folder of their own, which pytest puts on the path by itself.
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
