"""Byte ranges of a download (RFC 9110, section 14): one range, because players ask for no more."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request

from api.errors import ProblemError

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file is asked for."""

    first: int | None = None
    """None with a `last`: the last so many bytes."""
    last: int | None = None
    known: str = ""
    """If-None-Match."""

    @property
    def partial(self) -> bool:
        """Tell whether less than everything was asked for."""
        return self.first is not None or self.last is not None

    def within(self, size_bytes: int) -> tuple[int, int]:
        """Return start and length in a file of this size; ProblemError 416 when it lies outside."""
        if self.first is None:
            length = size_bytes if self.last is None else min(self.last, size_bytes)
            start = size_bytes - length
        else:
            start = self.first
            length = min(size_bytes - 1 if self.last is None else self.last, size_bytes - 1) - start + 1
        if size_bytes and length <= 0:
            headers = {"Content-Range": f"bytes */{size_bytes}"}
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            raise ProblemError(f"the file has {size_bytes} bytes", status=status, headers=headers)
        return start, length


async def part_of(request: Request) -> Part:
    """Read the range from a request; what we do not understand is ignored, as the RFC asks."""
    known = request.headers.get("If-None-Match", "").strip()
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or not any(match.groups()):
        return Part(known=known)
    first, last = (int(text) if text else None for text in match.groups())
    return Part(first, last, known)
