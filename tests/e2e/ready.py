"""Commands of Mingchu without the seconds that importing it takes: a process that has it ready forks for each.

What runs is a process of its own with its own environment, log and signals; it can be killed like any other. The real
program, started from nothing, is what `test_run`, `test_watch` and `test_worker` call.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_READY = multiprocessing.get_context("forkserver")
_READY.set_forkserver_preload(
    ["__main__", "tests.e2e.drill_worker", "vision.main", "api.commands", "api.running", "api.serving", "psycopg"]
)
Entry = Callable[[], None]


def mingchu() -> None:
    """Be the command line."""
    from vision.main import main  # noqa: PLC0415 - the forked process has it already, pytest's has no need of it

    main()


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its program, arguments, environment, and the file that takes what it prints."""

    entry: Entry
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    folder: Path

    def become(self) -> None:
        """Turn this forked process into the command; never returns to the caller's state."""
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.folder)
        with self.log.open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        sys.argv = ["mingchu", *self.arguments]
        self.entry()


class Running:
    """A started command, with the verbs of `subprocess.Popen` that tests need."""

    def __init__(self, command: Command) -> None:
        command.log.touch()  # whoever reads it at once finds it
        self._process: ForkServerProcess = _READY.Process(target=command.become)
        self._process.start()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; TimeoutError when it does not come."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            message = f"process {self._process.pid} still runs after {timeout} s"
            raise TimeoutError(message)
        return code

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self._process.pid is not None and self.poll() is None:
            os.kill(self._process.pid, number)
