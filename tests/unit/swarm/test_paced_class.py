"""A class whose viewers have narrow uplinks, or lose their feeder: how much still comes from peers.

The bound counts every bit of an uplink; a few in a hundred carry control messages.
"""

import pytest

from tests.unit.swarm.paced_network import PacedClass

SEGMENTS = 14
FIRST = 5


def a_class(viewers: int, uplink: float, stripes: int, degree: int = 99) -> PacedClass:
    """Uplinks as a multiple of the bitrate."""
    paced = PacedClass(stripes=stripes, size=300_000)
    for number in range(viewers):
        paced.join(b"viewer%010d" % number, int(uplink * paced.size * 1000 / paced.every))
    paced.connect_all(degree)
    paced.appoint()
    return paced


@pytest.mark.parametrize(("uplink", "stripes"), [(0.5, 8), (0.8, 8), (1.5, 8), (20, 1)])
def test_as_much_comes_from_peers_as_their_uplinks_allow(uplink: float, stripes: int) -> None:
    paced = a_class(8, uplink, stripes)
    paced.run(SEGMENTS)
    offload, bound = paced.offload(FIRST, SEGMENTS - 2)
    assert offload >= (0.95 if uplink > 1 else 0.83) * bound, (
        f"{offload:.3f} of at most {bound:.3f}; {dict(paced.http)}"
    )
    assert paced.wasted() <= 0.05
    assert sum(member.late for member in paced.members.values()) == 0


@pytest.mark.parametrize(("uplink", "stripes"), [(20, 1), (3, 16)])
def test_a_feeder_that_vanishes_costs_a_few_copies(uplink: float, stripes: int) -> None:
    paced = a_class(16, uplink, stripes, degree=8)
    paced.later(6 * paced.every, lambda: paced.kill(next(iter(paced.members))))
    paced.run(SEGMENTS)
    copies = [round(paced.http[k] / paced.size, 2) for k in range(FIRST, SEGMENTS + 1)]
    assert max(copies) <= 3, copies
    assert copies[-1] <= 1.1, copies
    assert sum(member.late for member in paced.members.values()) == 0
