"""All figures of the tracker, with what they bound. Times in ms, sizes in bytes, rates per second."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """Times (ms), bounds and limits of one tracker. The defaults serve some ten thousand viewers on one core."""

    announce_ms: int = 10_000
    """How often a peer announces each item it watches; one silent for 2.5 times as long is forgotten."""
    report_ms: int = 5_000
    """How often a peer reports its telemetry."""
    join_ms: int = 5_000
    """A connection whose ticket has not come by then is closed."""
    ticket_grace_ms: int = 60_000
    """A peer stays so long after its ticket ended, so that a platform that restarts costs nobody the swarm."""
    pair_ms: int = 20_000
    """An introduction waits so long for its offer, an offer for its answer, and late candidates for their end."""
    failure_ms: int = 300_000
    """Two peers that could not connect are not introduced again for so long."""
    ping_ms: int = 20_000
    """How often a quiet peer is asked for a sign of life."""
    feeder_ping_ms: int = 2_000
    """The same for feeders, on whom others wait."""
    feeder_silence_ms: int = 2_000
    """A feeder that leaves a ping unanswered for so long loses its duty."""
    silence_ms: int = 30_000
    """Any peer that leaves a ping unanswered for so long is closed."""
    flush_ms: int = 1_000
    """How often folded telemetry goes to the sink."""
    restart_ms: int = 2_000
    """Peers come back at a random time up to this after a restart, so that they do not come all at once."""

    max_connections: int = 20_000
    max_strangers: int = 2_000
    """Connections that have not joined yet."""
    strangers_per_network: int = 200
    """The same from one IPv4 address or IPv6 /64: a school's viewers share one."""
    joins_per_s: int = 1_000
    """Joins with a good ticket."""
    failed_joins_per_s: int = 50
    failed_joins_burst: int = 500
    """Joins from one network that are refused, each of which costs the check of a signature."""
    reuses_per_s: int = 1
    reuses_burst: int = 10
    """How often a ticket that a live connection bears may join again: clients keep theirs over a reconnect."""
    sessions_per_viewer: int = 8
    sessions_per_seeder: int = 256
    items_per_viewer: int = 4
    items_per_seeder: int = 1_024
    messages_per_s: int = 20
    message_burst: int = 120
    seeder_factor: int = 20
    """A seeder meets many viewers: so many times the messages of a viewer."""
    introductions_burst: int = 30
    introductions_per_hour: int = 30
    """How many other viewers (not seeders) one subject is introduced to, over all its connections."""
    queue_bytes: int = 256 * 1024
    """A peer that lets more than this pile up is dropped."""

    viewer_feeders: int = 1
    """How many viewers feed an item that has no seeder, while their uplinks suffice."""
    seeder_feeders: int = 2
    """How many seeders feed an item, one copy of each segment between them."""
    most_stripes: int = 16
    """Over how many viewers segments are striped when the uplink of one does not suffice."""
    strain_begin: int = 600
    """Striping begins when a viewer that feeds says that others wait for its uplink so much of its time (permille)."""
    strain_end: int = 100
    calm_ms: int = 60_000
    """Striping ends when no feeder has said as much as `strain_end` (permille) for so long."""
    restripe_ms: int = 2_000
    """New viewers get stripes no more often than this, since each changes the stripes of all."""
    feeder_age_ms: int = 5_000
    """Viewers who came less than this ago have met few others: older ones get the stripes where there are such."""

    rate_bps: int = 200_000_000
    """The most that a report is believed, each way, in bit/s."""
    report_credit_ms: int = 30_000
    """Playing time before the first report of a connection that is believed."""

    origins: tuple[str, ...] = ()
    """Pages that may connect, as the Origin header names them, besides those served under the tracker's own address.
    Peers that are no browsers send no Origin."""
    proxies: tuple[str, ...] = ()
    """Networks of reverse proxies whose X-Forwarded-For is believed."""
    stun_per_s: int = 5_000
    stun_per_source_s: int = 500
    """Answers to one address: a school's viewers share one."""
