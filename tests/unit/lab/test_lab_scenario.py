"""Scenarios are read strictly: what cannot be run is refused, and the message says what is wrong."""

from pathlib import Path

import pytest

from tests.lab.scenario import Link, ScenarioError, decode_scenario, read_scenario

SCENARIOS = Path(__file__).parents[2] / "lab" / "scenarios"
WANTED = {
    *("live-open", "live-join", "live-seeder", "live-uplink-50", "live-uplink-80", "live-mesh", "bell"),
    *("vod-staggered", "churn", "lossy", "nat", "no-udp", "hostile"),
}
HEAD = 'name = "x"\nseconds = 60\n'


def test_all_scenarios_of_the_house_can_be_read() -> None:
    files = {path.stem: path for path in SCENARIOS.glob("*.toml")}
    assert files.keys() >= WANTED
    for name, path in files.items():
        assert read_scenario(path).name == name


def test_a_scenario_says_who_watches_on_which_line() -> None:
    text = HEAD + '[[viewers]]\nname = "far"\ncount = 2\njoin_every = 5\n[viewers.link]\ndelay_ms = 80\nudp = false\n'
    scenario = decode_scenario(text, "x.toml")
    assert scenario.names == ("far-1", "far-2")
    assert scenario.viewers[0].link == Link(delay_ms=80, udp=False)
    assert scenario.seeders.count == 0
    assert scenario.origin.link.plain


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("seconds = 60\n[[viewers]]\n", "missing required field `name`"),
        (HEAD + "[[viewers]]\nnumber = 2\n", "unknown field `number`"),
        (HEAD + "viewers = []\n", "there are no [[viewers]]"),
        (HEAD + "[[viewers]]\ncount = 0\n", "`int` >= 1"),
        (HEAD + "[[viewers]]\njoin_at = 60\n", "would join after the end"),
        (HEAD + "[[viewers]]\n[[viewers]]\n", "two groups of viewers are named viewer"),
        (HEAD + '[[viewers]]\nname = "origin"\n', "origin is not a name for viewers"),
        (HEAD + '[[viewers]]\nbehaviour = "silent"\n', "only viewers of kind python can silent"),
        (HEAD + "[[viewers]]\ndegree = 4\n", "degree is for viewers of kind python"),
        (HEAD + '[[viewers]]\nhome = "h"\n', "home h needs nat"),
        (HEAD + "[[viewers]]\n[viewers.link]\nuplink_bps = 100000\nuplink_of_bitrate = 0.5\n", "exclude each other"),
        (HEAD + '[[viewers]]\n[[events]]\nat = 5\npick = "nobody"\n', "picks nobody, who is not among the viewers"),
        (HEAD + "[[viewers]]\n[[events]]\nat = 60\n", "comes after the end"),
        (HEAD + '[[viewers]]\n[[events]]\nat = 5\npick = "feeder"\nshare = 0.5\n', "share is for events"),
        (HEAD + 'network = "loopback"\n[[viewers]]\nnat = "cone"\n', 'need network = "namespaces"'),
        (
            HEAD + 'network = "loopback"\n[[viewers]]\n[origin.link]\nuplink_bps = 100000\n',
            'need network = "namespaces"',
        ),
        (HEAD + "[[viewers]]\n[seeders.link]\nuplink_of_bitrate = 1.0\n", "uplink_of_bitrate is for viewers"),
        ("name = ", "x.toml"),
    ],
)
def test_what_cannot_be_run_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        decode_scenario(text, "x.toml")
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("x.toml: ")


def test_one_home_has_one_kind_of_router() -> None:
    homes = (
        '[[viewers]]\nname = "a"\nnat = "cone"\nhome = "h"\n[[viewers]]\nname = "b"\nnat = "symmetric"\nhome = "h"\n'
    )
    with pytest.raises(ScenarioError, match="home h has two kinds of nat"):
        decode_scenario(HEAD + homes, "x.toml")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.toml"):
        read_scenario(tmp_path / "none.toml")
