"""Stands between a worker and an RTSP camera and makes it a bad one for a while; a part of `soak.py`, claims nothing.

    python benchmarks/faulty.py UPSTREAM_PORT MODE:FROM_S:UNTIL_S …

Prints one port for each mode, then runs until it is killed. Seconds count from the start; before and after, bytes pass.
"""

import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 16 << 10
FLAP_S = 5.0
"""So long a flapping camera keeps a connection."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a camera does, and when."""

    mode: str
    from_s: float
    until_s: float
    began_s: float

    @property
    def is_ill(self) -> bool:
        """Tell whether it does so now."""
        return self.from_s <= time.monotonic() - self.began_s < self.until_s

    async def healed(self) -> None:
        """Wait until it is well."""
        await asyncio.sleep(max(0.0, self.began_s + self.until_s - time.monotonic()))


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def meet(fault: Fault, upstream: int, client: Streams) -> None:
    """Serve one connection as this camera would."""
    reader, writer = client
    began_s = time.monotonic()
    if fault.is_ill and fault.mode == "mute":
        await fault.healed()
    if not (fault.is_ill and fault.mode in {"die", "mute"}):
        with suppress(OSError):
            camera = await asyncio.open_connection("127.0.0.1", upstream)
            asking = asyncio.create_task(pump(reader, camera[1]))
            await answer(fault, camera[0], writer, began_s)
            asking.cancel()
            camera[1].close()
    writer.close()


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what the client asks."""
    with suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
        target.close()


async def answer(fault: Fault, camera: asyncio.StreamReader, client: asyncio.StreamWriter, began_s: float) -> None:
    """Pass on what the camera sends, or do what the fault says."""
    while data := await camera.read(CHUNK):
        if fault.is_ill and fault.mode in {"die", "mute"}:
            return
        if fault.is_ill and fault.mode == "flap" and time.monotonic() - began_s > FLAP_S:
            return
        if fault.is_ill and fault.mode == "stall":
            await fault.healed()
            return
        client.write(os.urandom(len(data)) if fault.is_ill and fault.mode == "garbage" else data)
        await client.drain()


async def main() -> None:
    """Open one port for each fault and serve."""
    upstream, began_s = int(sys.argv[1]), time.monotonic()
    for told in sys.argv[2:]:
        mode, from_s, until_s = told.split(":")
        fault = Fault(mode, float(from_s), float(until_s), began_s)
        server = await asyncio.start_server(lambda r, w, fault=fault: meet(fault, upstream, (r, w)), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
