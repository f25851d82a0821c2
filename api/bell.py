"""Wakes whoever waits for something new; it carries no news itself, so a slow listener costs nothing."""

import asyncio
import threading


class Bell:
    """Rung from any thread, waited for on one event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()
        self.rings = 0
        """How often it has rung: a question that names the number is asked after that ring."""
        self._lock = threading.Lock()
        self.silenced = False
        """The process is about to stop: nobody shall wait any more."""

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hang the bell into a running loop."""
        with self._lock:
            self._loop = loop

    def detach(self) -> None:
        """Take it down; ringing does nothing from now on."""
        with self._lock:
            self._loop = None

    def ring(self) -> None:
        """Wake everybody who waits now."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake)

    def silence(self) -> None:
        """Wake everybody for the last time."""
        self.silenced = True
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after so many seconds."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return

    def _wake(self) -> None:
        self.rings += 1
        self._rung.set()
        self._rung = asyncio.Event()
