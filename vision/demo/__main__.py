"""The demo's own command line: training frames, and the site's clips without a server."""

import argparse
import signal
import sys
import time
from pathlib import Path

from vision.demo.random_frames import write_frames
from vision.demo.site import TERMINATED, ensure_site, site_is_fresh
from vision.errors import MingchuError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except MingchuError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vision.demo", description=__doc__)
    commands = parser.add_subparsers(required=True)
    frames = commands.add_parser("frames", help="write labelled frames of random kitchens for training")
    frames.add_argument("out", type=Path)
    frames.add_argument("--seed", type=int, default=1)
    frames.add_argument("--count", type=int, default=500)
    frames.set_defaults(run=_frames)
    site = commands.add_parser("site", help="render the films of the demo site, those that are not there yet")
    site.add_argument("out", type=Path)
    site.set_defaults(run=_site)
    return parser


def _frames(options: argparse.Namespace) -> None:
    path = write_frames(options.out, options.seed, options.count, _tell)
    sys.stdout.write(f"{path}\n")


def _site(options: argparse.Namespace) -> None:
    began_s = time.monotonic()

    def tell(name: str, done: int, count: int) -> None:
        sys.stdout.write(f"demo film {done} of {count}: {name} ({time.monotonic() - began_s:.0f} s)\n")
        sys.stdout.flush()

    if not site_is_fresh(options.out):
        sys.stdout.write("Rendering the demo site, once: about a minute on two idle cores\n")
        sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    ensure_site(options.out, tell)


def _tell(done: int, count: int) -> None:
    sys.stderr.write(f"\r{done}/{count} frames" + ("\n" if done == count else ""))


if __name__ == "__main__":
    sys.exit(main())
