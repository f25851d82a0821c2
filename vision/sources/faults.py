"""Turns what FFmpeg says into our own errors, once, and without the password that FFmpeg likes to repeat."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import av.error

from vision.errors import SourceError, SourceRefusedError, SourceUnavailableError, SourceUnreadableError

MUTE = "no answer in time"
REFUSED = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError, av.error.PermissionError)
UNREADABLE = (
    av.error.InvalidDataError,
    av.error.DemuxerNotFoundError,
    av.error.DecoderNotFoundError,
    av.error.ProtocolNotFoundError,
    av.error.PatchWelcomeError,
    av.error.ArgumentError,
    av.error.IsADirectoryError,
)


@contextmanager
def translated(shown_source: str, patience_s: float = math.inf) -> Iterator[None]:
    """Raise the SourceError family for everything that FFmpeg reports inside; `shown_source` is already masked.

    What took longer than `patience_s` was a timeout: FFmpeg's RTSP reader calls a mute camera invalid data.
    """
    began_s = time.monotonic()
    try:
        yield
    except av.error.FFmpegError as error:
        late = time.monotonic() - began_s >= patience_s
        # `from None`: the original's text holds the address with its password.
        raise (SourceUnavailableError(shown_source, MUTE) if late else _fault(shown_source, error)) from None


def _fault(shown_source: str, error: av.error.FFmpegError) -> SourceError:
    if isinstance(error, REFUSED):
        return SourceRefusedError(shown_source, f"access refused ({error.strerror})")
    if isinstance(error, UNREADABLE):
        return SourceUnreadableError(shown_source, f"is no video that we can read ({error.strerror})")
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return SourceUnavailableError(shown_source, MUTE)
    return SourceUnavailableError(shown_source, f"cannot be reached ({error.strerror})")
