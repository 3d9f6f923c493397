"""Our connections against those of a real Chromium, both ways round."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from seeder.certificate import Certificate
from seeder.connection import PeerConnection
from swarm.sdp import is_mdns, read_candidate, read_sdp, write_candidate, write_sdp
from swarm.tracker_messages import Candidate

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PEER = """
() => {
  const rtc = new RTCPeerConnection({ iceServers: [] });
  const control = rtc.createDataChannel("control", { negotiated: true, id: 0 });
  const blocks = rtc.createDataChannel("blocks", { negotiated: true, id: 1, ordered: false });
  const peer = { rtc, control, blocks, candidates: [], controls: [] };
  control.binaryType = blocks.binaryType = "arraybuffer";
  rtc.onicecandidate = (event) => {
    if (event.candidate?.candidate) peer.candidates.push(event.candidate.candidate);
  };
  const hex = (data) => [...new Uint8Array(data)].map((b) => b.toString(16).padStart(2, "0")).join("");
  control.onmessage = (e) => peer.controls.push(hex(e.data));
  blocks.onmessage = (e) => blocks.send(e.data);
  window.peer = peer;
}
"""


CERTIFICATE = Certificate()


class Side:
    """Records what our connection tells."""

    def __init__(self) -> None:
        self.connection = PeerConnection(self, CERTIFICATE)
        self.open = asyncio.Event()
        self.gone = asyncio.Event()
        self.control: asyncio.Queue[bytes] = asyncio.Queue()
        self.blocks: asyncio.Queue[bytes] = asyncio.Queue()

    def opened(self, connection: PeerConnection) -> None:
        self.open.set()

    def closed(self, connection: PeerConnection, reason: str) -> None:
        self.gone.set()

    def control_received(self, connection: PeerConnection, message: bytes) -> None:
        self.control.put_nowait(message)

    def blocks_received(self, connection: PeerConnection, message: bytes) -> None:
        self.blocks.put_nowait(message)

    def drained(self, connection: PeerConnection) -> None:
        pass

    def candidates_found(self, connection: PeerConnection, candidates: tuple[Candidate, ...]) -> None:
        raise AssertionError("all candidates of this host are known at once")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        await launched.close()


async def chromium_answers(page: Page, side: Side) -> None:
    offer = write_sdp(await side.connection.offer(), CERTIFICATE.fingerprint)
    text: str = await page.evaluate(
        """async (sdp) => {
          await peer.rtc.setRemoteDescription({ type: "offer", sdp });
          await peer.rtc.setLocalDescription();
          return peer.rtc.localDescription.sdp;
        }""",
        offer,
    )
    await side.connection.accept(*read_sdp(text))


async def chromium_offers(page: Page, side: Side) -> None:
    text: str = await page.evaluate(
        "async () => { await peer.rtc.setLocalDescription(); return peer.rtc.localDescription.sdp; }"
    )
    answer = write_sdp(await side.connection.answer(*read_sdp(text)), CERTIFICATE.fingerprint)
    await page.evaluate("(sdp) => peer.rtc.setRemoteDescription({ type: 'answer', sdp })", answer)


async def exchange(page: Page, side: Side) -> None:
    """Control both ways, and blocks there and back, whole."""
    await asyncio.wait_for(side.open.wait(), 10)
    await page.wait_for_function("peer.control.readyState === 'open' && peer.blocks.readyState === 'open'")
    side.connection.send_control(b"\x01\x02")
    await page.evaluate("() => peer.control.send(new Uint8Array([9, 8, 7]))")
    assert await asyncio.wait_for(side.control.get(), 5) == b"\x09\x08\x07"
    messages = [os.urandom(64 * 1024 + 6) for _ in range(16)]
    for message in messages:
        side.connection.send_blocks(message)
    returned = [await asyncio.wait_for(side.blocks.get(), 10) for _ in messages]
    assert {hashlib.sha256(m).digest() for m in returned} == {hashlib.sha256(m).digest() for m in messages}
    controls: list[str] = await page.evaluate("() => peer.controls")
    assert controls == ["0102"]


async def test_blocks_pass_between_chromium_and_us(browser: Browser) -> None:
    for meet in (chromium_answers, chromium_offers):
        page, side = await browser.new_page(), Side()
        await page.evaluate(PEER)
        await meet(page, side)
        await exchange(page, side)
        candidates: list[str] = await page.evaluate("() => peer.candidates")
        read = [read_candidate(line) for line in candidates]
        assert all(one is None or read_candidate(write_candidate(one)) == one for one in read)
        assert any(one is not None and is_mdns(one.address) for one in read)
        await page.evaluate("() => peer.rtc.close()")
        await asyncio.wait_for(side.gone.wait(), 10)
        await side.connection.close()
