"""Who is in which swarm, who should meet whom, the relay between them, and what they report.

`service.TrackerService` is the way in; everything it decides with is pure: `now` (ms), randomness and messages come in
as arguments, and messages to connections come out. `docs/tracker-protocol.md` tells the conversation.
"""
