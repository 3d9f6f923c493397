"""A tracker core with a clock in hand, and peers on it: what the unit tests of the tracker work with."""

from ipaddress import ip_address
from random import Random

from swarm.codec import TO_TRACKER
from swarm.keys import SigningKey
from swarm.ticket import Ticket, issue_ticket
from swarm.tracker_messages import (
    ACTIVE,
    ACTPASS,
    HOST,
    VERSION,
    Announce,
    Answer,
    Candidate,
    Candidates,
    Connection,
    Join,
    Offer,
    ToTracker,
    Welcome,
)
from tracker.outbox import Action, Hangup, Ping
from tracker.settings import TrackerSettings
from tracker.tracker import Tracker

KEY = SigningKey.generate()
UNIX = 1_800_000_000_000


def make_ticket(
    subject: str = "ada",
    role: str = "viewer",
    mode: str = "mesh",
    course: str = "course",
    serial: str = "",
    issued: int = UNIX // 1000,
    fingerprint: bytes = b"",
) -> Ticket:
    fingerprint = fingerprint or subject.encode().ljust(32, b"\0")
    return Ticket(course, subject, role, mode, fingerprint, 0, issued, issued + 120, serial or f"{subject}-{issued}")


def connection(setup: int = ACTPASS, *addresses: str) -> Connection:
    found = tuple(Candidate(HOST, "1", 1, address, 4000 + i) for i, address in enumerate(addresses))
    return Connection("ufrag", "p" * 22, setup, found)


class Bench:
    """A tracker, its clock (ms), and all that it wanted done, by connection."""

    def __init__(self, settings: TrackerSettings | None = None, seed: int = 1) -> None:
        self.tracker = Tracker(settings or TrackerSettings(), {KEY.public.kid: KEY.public}, Random(seed))
        self.now = 0
        self.inbox: dict[int, list[Action]] = {}
        self.deaf: set[int] = set()

    def collect(self) -> None:
        """Deliver what the tracker wants sent; pings are answered at once, except by the deaf."""
        for number, action in self.tracker.outbox.take():
            self.inbox.setdefault(number, []).append(action)
            if isinstance(action, Ping) and number not in self.deaf:
                self.tracker.hear(number, self.now)

    def pass_time(self, ms: int, step: int = 250) -> None:
        """Let time pass, with the ticks that a shell would give."""
        end = self.now + ms
        while self.now < end:
            self.now = min(end, self.now + step)
            self.tracker.tick(self.now)
            self.collect()

    def connect(self, address: str = "127.0.0.1") -> "Client":
        return Client(self, self.tracker.connect(ip_address(address), self.now))

    def join(
        self,
        subject: str = "ada",
        role: str = "viewer",
        mode: str = "mesh",
        address: str = "127.0.0.1",
        course: str = "course",
        serial: str = "",
    ) -> "Client":
        client = self.connect(address)
        issued = (UNIX + self.now) // 1000
        client.join(make_ticket(subject, role, mode, course, serial or f"{subject}{client.number}", issued))
        return client

    def label_counts(self) -> dict[str, int]:
        return dict(self.tracker.tally.refusals)


class Client:
    """One connection, from the outside."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench = bench
        self.number = number
        self.id = b""

    def send(self, message: ToTracker) -> None:
        self.send_bytes(TO_TRACKER.encode(message))

    def send_bytes(self, data: bytes) -> None:
        self.bench.tracker.receive(self.number, data, self.bench.now, UNIX + self.bench.now)
        self.bench.collect()

    def take(self) -> list[Action]:
        """All that came since the last call."""
        return self.bench.inbox.pop(self.number, [])

    def take_one(self, wanted: type) -> list[Action]:
        return [action for action in self.take() if isinstance(action, wanted)]

    def join(self, ticket: Ticket) -> None:
        self.send(Join(VERSION, issue_ticket(ticket, KEY), "test"))
        for action in self.take():
            if isinstance(action, Welcome):
                self.id = action.peer

    def close(self) -> None:
        self.bench.tracker.disconnect(self.number, self.bench.now)
        self.bench.collect()

    @property
    def expelled(self) -> bool:
        return any(isinstance(action, Hangup) for action in self.bench.inbox.get(self.number, []))

    def announce(
        self,
        item: str = "item",
        position: int = 10,
        held: tuple[int, int] = (5, 15),
        slots: int = 4,
        want: int = 4,
        neighbours: tuple[bytes, ...] = (),
        failed: tuple[bytes, ...] = (),
        strain: int = 0,
    ) -> list[bytes]:
        """Announce; returns whom it was introduced to and leaves all other messages in the inbox."""
        self.send(Announce(item, position, *held, slots, want, neighbours, failed, strain))
        found: list[bytes] = []
        for action in self.bench.inbox.get(self.number, []):
            if isinstance(action, Candidates):
                found = [introduced.peer for introduced in action.peers]
        return found

    def offer(self, to: "Client", offer: int = 1, *addresses: str) -> None:
        self.send(Offer(to.id, offer, connection(ACTPASS, *addresses)))

    def answer(self, to: "Client", offer: int = 1, *addresses: str) -> None:
        self.send(Answer(to.id, offer, connection(ACTIVE, *addresses)))
