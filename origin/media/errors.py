"""Everything that the media worker may raise.

PlainError (swarm)
└── Refused              the source cannot be taken; the sentence tells what to do, `reason` is a short word

MediaError
├── WireError            a frame between the worker and its runner is broken, or too large
├── GuardError           a wall of the worker could not be raised though the system has it
└── EncoderError         the encoder broke a rule of the house format
"""

from swarm.errors import PlainError


class Refused(PlainError):
    """The source cannot be taken. `reason` is a short word for counters and programs."""

    def __init__(self, reason: str, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.reason = reason


class MediaError(Exception):
    """Base of what goes wrong inside, not with the source."""


class WireError(MediaError):
    """A frame between the worker and its runner is broken, or larger than the limit."""


class GuardError(MediaError):
    """A wall of the worker could not be raised though the system has it."""


class EncoderError(MediaError):
    """The encoder broke a rule of the house format, such as one parameter set for all segments of a track."""
