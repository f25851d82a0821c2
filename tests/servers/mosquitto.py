"""A private MQTT broker for tests: own folder, own port, who may write where; stopped and started at will."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.stack import eventually, free_port

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


@dataclass
class Mosquitto:
    """One broker; what it keeps for clients who are away outlives a stop."""

    folder: Path
    acl: str = ""
    """Lines of an access list; empty = everybody may do everything."""
    password: str = ""
    """Of the only user, `mingchu`; empty = nobody needs one."""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        path = self.folder / "mosquitto.conf"
        path.write_text(self._configuration(), "utf-8")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", path], cwd=self.folder, stdout=log, stderr=log)
        eventually(self._listens, within_s=20)

    def _configuration(self) -> str:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "max_queued_messages 0",
            f"allow_anonymous {str(not self.password).lower()}",
        ]
        if self.acl:
            (self.folder / "acl").write_text(self.acl, "utf-8")
            lines.append(f"acl_file {self.folder / 'acl'}")
        if self.password:
            passwords = self.folder / "passwords"
            subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "mingchu", self.password], check=True)
            lines.append(f"password_file {passwords}")
        if Path("/proc/self").stat().st_uid == 0:
            lines.append("user root")
        return "\n".join(lines) + "\n"

    def _listens(self) -> bool:
        assert self.process
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; by SIGTERM it keeps what it has for clients who are away."""
        process, self.process = self.process, None
        if process:
            process.send_signal(how)
            process.wait(20)


@contextmanager
def running_mosquitto(folder: Path, acl: str = "", password: str = "") -> Iterator[Mosquitto]:
    """Give a started broker."""
    folder.mkdir(exist_ok=True)
    broker = Mosquitto(folder, acl, password)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop(signal.SIGKILL)
