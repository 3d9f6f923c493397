"""A hostile peer over real WebRTC: a seeder that offers everything and delivers something else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from seeder.course_seeder import CourseSeeder
from seeder.http_source import HttpSource
from seeder.mesh import Mesh
from seeder.node import NodeSettings
from swarm.blocks import decode_blocks, encode_blocks
from swarm.codec import PEER
from swarm.identity import BLOCK_BYTES
from swarm.peer_messages import NOT_HELD, SEEDER, PeerMessage, Refuse, SegmentProof

Spoil = Callable[[bytes], bytes | None]
SLOW_BYTES_PER_S = 1000


def flipped(message: bytes) -> bytes:
    """One bit of a block is wrong."""
    blocks = decode_blocks(message)
    data = bytearray(blocks.data)
    data[len(data) // 2] ^= 1
    return encode_blocks(blocks.request, blocks.first, bytes(data))


def another(message: bytes) -> bytes:
    """The right header, the bytes of something else."""
    blocks = decode_blocks(message)
    return encode_blocks(blocks.request, blocks.first, b"\x5a" * len(blocks.data))


def shortened(message: bytes) -> bytes:
    """A block that lacks its last bytes."""
    return message[:-9]


def nothing(_: bytes) -> None:
    """No block ever comes."""


def lies(request: int) -> list[PeerMessage]:
    """It has not what it still offers."""
    return [Refuse(request, NOT_HELD)]


def flood(request: int) -> list[PeerMessage]:
    """Proofs that nobody asked for, instead of a block."""
    return [SegmentProof(bytes(32), bytes(40))] * FLOOD


ANSWERS: dict[str, Callable[[int], list[PeerMessage]]] = {"liar": lies, "flood": flood}
BLOCKS: dict[str, Spoil] = {"flip": flipped, "another": another, "short": shortened, "silent": nothing}
KINDS = (*BLOCKS, "proof", "slow", "liar", "flood")
FLOOD = 400


@asynccontextmanager
async def hostile_seeder(url: str, course: str, token: str, kind: str) -> AsyncIterator[CourseSeeder]:
    """A seeder of the course that is hostile in one way (see KINDS)."""
    source = HttpSource(url, "banyan-seeder/hostile")
    settings = NodeSettings(SEEDER, "hostile", 256 << 20, 2, 64, token)
    seeder = CourseSeeder(course, settings, source, None)
    corrupt(seeder.node.mesh, kind)
    items = next(found for found in await source.courses() if found.id == course).items
    seeder.update(items)
    try:
        yield seeder
    finally:
        await seeder.close()
        await source.close()


def corrupt(mesh: Mesh, kind: str) -> None:
    """Spoil what leaves through a mesh, in one way (see KINDS)."""
    send_blocks, send_control = mesh.send_blocks, mesh.send_control

    def blocks(peer: bytes, message: bytes, low_mark: int) -> None:
        if kind == "slow":
            loop = asyncio.get_running_loop()
            loop.call_later(BLOCK_BYTES / SLOW_BYTES_PER_S, send_blocks, peer, message, low_mark)
            return
        if kind in ANSWERS:
            for answer in ANSWERS[kind](decode_blocks(message).request):
                send_control(peer, PEER.encode(answer))
            return
        spoilt = BLOCKS[kind](message) if kind in BLOCKS else message
        if spoilt is not None:
            send_blocks(peer, spoilt, low_mark)

    def control(peer: bytes, message: bytes) -> None:
        decoded = PEER.decode(message)
        if kind == "proof" and isinstance(decoded, SegmentProof):
            wrong = bytearray(decoded.proof)
            wrong[-1] ^= 1
            message = PEER.encode(SegmentProof(decoded.segment, bytes(wrong)))
        send_control(peer, message)

    mesh.send_blocks = blocks  # type: ignore[method-assign]
    mesh.send_control = control  # type: ignore[method-assign]
