"""The JSON API as a table: one row per operation, from which routes and the OpenAPI document are made."""

from dataclasses import dataclass, field

from origin.messages import (
    ClassRequest,
    CourseAnswer,
    CoursesAnswer,
    History,
    ItemAnswer,
    Snapshot,
    TelemetryRequest,
    TicketAnswer,
    TicketRequest,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `name` is also the handler's; `answer` None means an empty body; `events` that snapshots stream
    as Server-Sent Events; `embedded` that pages of other web origins may ask, for players of their own; `query` the
    whole numbers it takes, with their meaning."""

    method: str
    path: str
    name: str
    summary: str
    answer: type | None = None
    request: type | None = None
    status: int = 200
    admin: bool = False
    events: bool = False
    embedded: bool = False
    query: dict[str, str] = field(default_factory=dict)


OPERATIONS = (
    Operation("GET", "/api/courses", "courses", "All courses and their items.", CoursesAnswer),
    Operation("GET", "/api/courses/{course}", "course", "One course and its items.", CourseAnswer),
    Operation(
        "POST",
        "/api/courses/{course}/ticket",
        "ticket",
        "Admission to the course's swarm for two minutes.",
        TicketAnswer,
        TicketRequest,
        embedded=True,
    ),
    Operation("GET", "/api/items/{item}", "item", "One lecture or class.", ItemAnswer, embedded=True),
    Operation("DELETE", "/api/items/{item}", "remove_item", "Removes an item.", status=204, admin=True),
    Operation("POST", "/api/items/{item}/end", "end_item", "Ends a live class.", ItemAnswer, admin=True),
    Operation("POST", "/api/classes", "start_class", "Starts a live class.", ItemAnswer, ClassRequest, 201, admin=True),
    Operation(
        "POST",
        "/api/telemetry",
        "telemetry",
        "Takes what a tracker in another process summed up.",
        request=TelemetryRequest,
        status=204,
        admin=True,
    ),
    Operation("GET", "/api/swarm", "swarm", "The operators' figures now.", Snapshot),
    Operation("GET", "/api/swarm/events", "swarm_events", "The figures once a second.", Snapshot, events=True),
    Operation(
        "GET",
        "/api/swarm/history",
        "swarm_history",
        "The figures of the last hour.",
        History,
        query={"seconds": "How far back, at most 3600."},
    ),
)
