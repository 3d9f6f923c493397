"""Names of objects: `<id>.<extension>`, the id being the SHA-256 identity of their bytes (`swarm.identity`)."""

from dataclasses import dataclass

from origin.errors import Missing
from swarm.errors import IdentityError
from swarm.identity import ID_CHARS, id_bytes

SEGMENT, PROOF, INIT, PICTURE, CUES = "m4s", "proof", "mp4", "jpg", "vtt"
CONTENT_TYPES = {
    SEGMENT: "video/iso.segment",
    PROOF: "application/octet-stream",
    INIT: "video/mp4",
    PICTURE: "image/jpeg",
    CUES: "text/vtt",
}
FOLDER = "media"


@dataclass(frozen=True, slots=True)
class ObjectName:
    """The id (43 characters) and extension of an object."""

    id: str
    extension: str

    def __str__(self) -> str:
        return f"{self.id}.{self.extension}"

    @property
    def proof(self) -> "ObjectName":
        """The proof that lies beside the object."""
        return ObjectName(self.id, PROOF)

    @property
    def path(self) -> str:
        """The place in a store."""
        return f"{FOLDER}/{self}"


def parse_name(text: str) -> ObjectName:
    """Read the name of an object as it stands in an address. Raises Missing for anything that cannot be one."""
    object_id, dot, extension = text.partition(".")
    if not dot or len(object_id) != ID_CHARS or extension not in CONTENT_TYPES:
        raise Missing("object", "There is no such object.")
    try:
        id_bytes(object_id)
    except IdentityError as error:
        raise Missing("object", "There is no such object.") from error
    return ObjectName(object_id, extension)
