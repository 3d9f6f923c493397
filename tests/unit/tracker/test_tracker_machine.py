"""Any sequence of joins, announces, offers, answers, leaves and pauses, held against a model of dicts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from tracker_bench import Bench, Client

from swarm.tracker_messages import Answered, Candidates, Gone, Leave, Offered, Trickle, Trickled
from tracker.pairs import Step
from tracker.settings import TrackerSettings

SETTINGS = TrackerSettings(message_burst=10**6, introductions_burst=12, sessions_per_viewer=3, ticket_grace_ms=10**9)
MODES = st.sampled_from(["mesh", "mesh", "mesh", "mesh", "site", "seeders", "off"])
ITEMS = st.sampled_from(["a", "b"])
ADDRESSES = st.sampled_from(["8.8.8.8", "9.9.9.9", "10.0.0.1"])


class Swarm(RuleBasedStateMachine):
    """The model: who watches what since when, and which pairs were introduced and may still speak."""

    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(SETTINGS)
        self.modes: dict[Client, tuple[str, str, str]] = {}
        self.watching: dict[tuple[Client, str], int] = {}
        self.introduced: set[frozenset[bytes]] = set()
        self.offers: dict[tuple[bytes, bytes, int], bool] = {}
        self.count = 0

    @initialize(target=clients, modes=st.lists(MODES, min_size=6, max_size=6), address=ADDRESSES)
    def begin(self, modes: list[str], address: str) -> object:
        first = [self._join(mode, False, address) for mode in modes]
        for client in first:
            self._announce(client, "a", 10, 5, 4)
        return multiple(*first)

    @rule(target=clients, mode=MODES, seeder=st.booleans(), address=ADDRESSES)
    def join(self, mode: str, seeder: bool, address: str) -> object:
        client = self._join(mode, seeder, address)
        return client if client.id else multiple()

    def _join(self, mode: str, seeder: bool, address: str) -> Client:
        self.count += 1
        subject = str(self.count % 7)
        role = "seeder" if seeder and self.count % 3 == 0 else "viewer"
        client = self.bench.join(role + subject, role, mode, address, serial=f"s{self.count}")
        if not client.id:
            assert sum(c.id != b"" and m[2] == role + subject for c, m in self.modes.items()) >= 3
            return client
        self.modes[client] = (role, mode, role + subject)
        client.take()
        return client

    @rule(
        client=clients,
        item=ITEMS,
        position=st.integers(-1, 60),
        slots=st.integers(0, 5),
        want=st.sampled_from([4, 4, 2, 0]),
        strain=st.sampled_from([0, 0, 50, 300, 900]),
    )
    def announce(self, client: Client, item: str, position: int, slots: int, want: int, strain: int) -> None:
        self._announce(client, item, position, slots, want, strain)

    def _announce(self, client: Client, item: str, position: int, slots: int, want: int, strain: int = 0) -> None:
        found = client.announce(item, position, (position, position + 3), slots, want, strain=strain)
        self.watching[client, item] = self.bench.now
        assert len(found) == len(set(found)) <= want
        by_id = {other.id: other for other in self.modes}
        for peer in found:
            pair = frozenset((client.id, peer))
            assert len(pair) == 2
            assert pair not in self.introduced
            self.introduced.add(pair)
            self._check_modes(client, by_id[peer])
        client.take()

    def _check_modes(self, one: Client, other: Client) -> None:
        (role, mode, _), (other_role, other_mode, _) = self.modes[one], self.modes[other]
        assert "off" not in (mode, other_mode)
        assert "viewer" in (role, other_role)
        if "seeders" in (mode, other_mode) and "seeder" not in (role, other_role):
            raise AssertionError("a viewer in mode seeders met a viewer")
        addresses = [self.bench.tracker.links[client.number].address for client in (one, other)]
        assert "site" not in (mode, other_mode) or addresses[0] == addresses[1]

    @precondition(lambda self: self.introduced)
    @rule(pick=st.integers(0, 10_000), turned=st.booleans(), offer=st.integers(0, 3))
    def offer_to_one_introduced(self, pick: int, turned: bool, offer: int) -> None:
        pairs = sorted(sorted(pair) for pair in self.introduced)
        self._offer(*self._named(pairs[pick % len(pairs)], turned), offer)

    @rule(one=clients, other=clients, offer=st.integers(0, 3))
    def offer_to_anyone(self, one: Client, other: Client, offer: int) -> None:
        self._offer(one, other, offer)

    def _offer(self, one: Client, other: Client, offer: int) -> None:
        other.take()
        one.offer(other, offer)
        mine = one.take()
        relayed = [action for action in other.take() if isinstance(action, Offered)]
        assert len(relayed) == (Gone(other.id, offer) not in mine)
        if relayed:
            assert frozenset((one.id, other.id)) in self.introduced
            self.offers = {key: True for key in self.offers if set(key[:2]) != {one.id, other.id}}
            self.offers[one.id, other.id, offer] = True

    @precondition(lambda self: self.offers)
    @rule(pick=st.integers(0, 10_000))
    def answer_an_offer(self, pick: int) -> None:
        offerer, target, offer = sorted(self.offers)[pick % len(self.offers)]
        self._answer(*self._named([target, offerer], turned=False), offer)
        assert (offerer, target, offer) not in self.offers

    @rule(one=clients, other=clients, offer=st.integers(0, 3))
    def answer_anyone(self, one: Client, other: Client, offer: int) -> None:
        self._answer(one, other, offer)

    def _answer(self, one: Client, other: Client, offer: int) -> None:
        other.take()
        one.answer(other, offer)
        mine = one.take()
        relayed = [action for action in other.take() if isinstance(action, Answered)]
        assert len(relayed) == (Gone(other.id, offer) not in mine)
        assert len(relayed) == self.offers.pop((other.id, one.id, offer), False)

    @rule(one=clients, other=clients, offer=st.integers(0, 3))
    def trickle(self, one: Client, other: Client, offer: int) -> None:
        other.take()
        one.send(Trickle(other.id, offer, ()))
        assert other.take_one(Trickled) == []

    def _named(self, pair: list[bytes], turned: bool) -> tuple[Client, Client]:
        by_id = {client.id: client for client in self.modes}
        one, other = (by_id[peer] for peer in (reversed(pair) if turned else pair))
        return one, other

    @rule(client=clients, item=ITEMS)
    def leave(self, client: Client, item: str) -> None:
        client.send(Leave(item))
        self.watching.pop((client, item), None)

    @rule(client=consumes(clients))
    def disconnect(self, client: Client) -> None:
        client.close()
        del self.modes[client]
        self.watching = {key: since for key, since in self.watching.items() if key[0] is not client}
        self._forget(client)

    def _forget(self, client: Client) -> None:
        self.introduced = {pair for pair in self.introduced if client.id not in pair}
        self.offers = {key: True for key in self.offers if client.id not in key}

    @rule(ms=st.sampled_from([1_000, 6_000, 21_000, 32_000]))
    def pause(self, ms: int) -> None:
        self.bench.pass_time(ms, step=1_000)
        now = self.bench.now
        if ms > SETTINGS.pair_ms:
            self.introduced.clear()
            self.offers.clear()
        pairs = self.bench.tracker.pairs
        alive = {frozenset(key) for key in pairs._pairs}
        assert alive <= self.introduced
        self.introduced = alive
        waiting = [(pair, pair.offerer) for pair in pairs._pairs.values() if pair.step is Step.OFFERED]
        alive_offers = {(o.id, pair.partner(o).id, pair.offer) for pair, o in waiting if o is not None}
        assert alive_offers <= set(self.offers)
        self.offers = dict.fromkeys(alive_offers, True)
        self.watching = {key: since for key, since in self.watching.items() if self._still(key, since, now)}

    def _still(self, key: tuple[Client, str], since: int, now: int) -> bool:
        """Silent watches go at the first sweep, up to 5 s after 2.5 announce intervals."""
        age = now - since
        present = key[1] in self.bench.tracker.members.peers[key[0].id].watches
        assert present or age >= 25_000
        assert not present or age <= 25_000 + 6_000
        return present

    @invariant()
    def membership_is_the_models(self) -> None:
        members = self.bench.tracker.members
        assert set(members.peers) == {client.id for client in self.modes}
        found = {
            (w.peer.id, w.item) for i in members.items.values() for r in (i.viewers, i.seeders, i.plain) for w in r
        }
        assert found == {(client.id, item) for client, item in self.watching}

    @invariant()
    def buckets_hold_no_leftovers(self) -> None:
        members = self.bench.tracker.members
        for item in members.items.values():
            assert not item.empty
            for buckets in (item.networks, item.places):
                assert sorted(w.peer.id for r in buckets.values() for w in r) == sorted(w.peer.id for w in item.viewers)
        watched = {client.id for client, _ in self.watching if self.modes[client][1] != "off"}
        assert {w.peer.id for c in members.courses.values() for r in (c.viewers, c.seeders) for w in r} == watched

    @invariant()
    def feeders_are_members_and_seeders_come_first(self) -> None:
        for item in self.bench.tracker.members.items.values():
            assert all(w.feeds and (w in item.viewers or w in item.seeders) for w in item.feeders)
            flagged = [w for roster in (item.viewers, item.seeders) for w in roster if w.feeds]
            assert set(flagged) == set(item.feeders)
            assert len(flagged) == len(item.feeders) <= (16 if item.striped else 2)
            groups = {frozenset([w.peer.network] if w.peer.ticket.mode == "site" else []) for w in flagged}
            assert sum(w.part.stripe == 0 for w in flagged) == len(groups)
            if item.seeders:
                assert all(w.peer.seeder for w in item.feeders)
                assert len(item.feeders) == min(2, len(item.seeders))

    @invariant()
    def few_introductions_wait(self) -> None:
        tracker = self.bench.tracker
        assert all(tracker.pairs.asked(peer) <= 4 for peer in tracker.members.peers.values())
        keys = set(tracker.pairs._pairs)
        assert all(one in tracker.members.peers and other in tracker.members.peers for one, other in keys)

    @invariant()
    def everybody_is_told_candidates_only_when_asking(self) -> None:
        for client in self.modes:
            assert not any(isinstance(a, Candidates) for a in self.bench.inbox.get(client.number, []))


Swarm.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestSwarm = Swarm.TestCase
