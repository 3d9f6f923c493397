"""What a bare data channel carries on a line: the yardstick for uplinks, as no engine can send more than that.

Two Chromiums with empty pages, one on the viewer's host, one on the origin's; nothing but one unordered channel between
them. The first two seconds, while the congestion window opens, do not count.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, Playwright

from tests.lab.network import Host
from tests.lab.viewers import launch

_SETTLE_S, _MEASURE_S = 2.0, 6.0
_NOWHERE = "http://192.0.2.1"
_GATHERED = """const gathered = (pc) => new Promise((done) => {
  if (pc.iceGatheringState === "complete") return done();
  pc.onicegatheringstatechange = () => { if (pc.iceGatheringState === "complete") done(); };
});"""
_OFFER = f"""async () => {{ {_GATHERED}
  const pc = window.pc = new RTCPeerConnection();
  const channel = pc.createDataChannel("goodput", {{ ordered: false, negotiated: true, id: 0 }});
  const block = new Uint8Array(16384);
  const fill = () => {{ while (channel.bufferedAmount < 131072) channel.send(block); }};
  channel.bufferedAmountLowThreshold = 65536;
  channel.onopen = fill;
  channel.onbufferedamountlow = fill;
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc);
  return pc.localDescription.sdp;
}}"""
_ANSWER = f"""async (sdp) => {{ {_GATHERED}
  const pc = window.pc = new RTCPeerConnection();
  const channel = pc.createDataChannel("goodput", {{ ordered: false, negotiated: true, id: 0 }});
  channel.binaryType = "arraybuffer";
  window.got = 0;
  channel.onmessage = ({{ data }}) => {{ window.got += data.byteLength; }};
  await pc.setRemoteDescription({{ type: "offer", sdp }});
  await pc.setLocalDescription(await pc.createAnswer());
  await gathered(pc);
  return pc.localDescription.sdp;
}}"""
_ACCEPT = "(sdp) => window.pc.setRemoteDescription({ type: 'answer', sdp })"
_GOT = "() => [window.got, performance.now()]"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that is always full."""

    receiver: Page

    async def goodput_bps(self) -> int:
        """Application bits per second from now on, once it has settled."""
        await asyncio.sleep(_SETTLE_S)
        bytes_before, before_ms = await self.receiver.evaluate(_GOT)
        await asyncio.sleep(_MEASURE_S)
        bytes_after, after_ms = await self.receiver.evaluate(_GOT)
        return int((bytes_after - bytes_before) * 8000 / (after_ms - before_ms))


@asynccontextmanager
async def full_channel(playwright: Playwright, sender: Host, receiver: Host, folder: Path) -> AsyncIterator[Channel]:
    """A bare data channel from one host to another that is always full."""
    browsers = [
        await launch(playwright, host, _NOWHERE, folder / f"goodput-{role}.pid")
        for role, host in (("sender", sender), ("receiver", receiver))
    ]
    try:
        pages = [await browser.new_page() for browser in browsers]
        offer = await pages[0].evaluate(_OFFER)
        answer = await pages[1].evaluate(_ANSWER, offer)
        await pages[0].evaluate(_ACCEPT, answer)
        yield Channel(pages[1])
    finally:
        await asyncio.gather(*(browser.close() for browser in browsers), return_exceptions=True)
