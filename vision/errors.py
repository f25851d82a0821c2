"""What can go wrong between a camera and the outbox, drawn as one tree.

::

    MingchuError
    ├── InvalidInputError(ValueError)       the caller's value is wrong: field, value, what is allowed
    │   ├── ConfigError                     a configuration or catalogue entry
    │   ├── ModelError                      a model folder that cannot be trusted or used
    │   └── PictureError                    a picture that cannot be read or is too large
    ├── SourceError(OSError)                a camera, file or URL
    │   ├── SourceUnavailableError          not there now; worth another try
    │   ├── SourceRefusedError              wrong password or forbidden address; do not hammer
    │   └── SourceUnreadableError           there, but not a video that we can read
    └── StorageError(OSError)               disk full, object missing, hash that differs

Adapters translate foreign exceptions into this tree once; the command line turns it into one line and exit code 2.
"""


class MingchuError(Exception):
    """Root of everything that Mingchu raises on purpose."""


class InvalidInputError(MingchuError, ValueError):
    """A value from outside is wrong.

    The message reads ``field: value is not allowed; allowed: …``; the parts stay available for problem+json.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}: {shown(value)} is not allowed; allowed: {allowed}")
        self.field = field
        self.value = shown(value)
        self.allowed = allowed


class ConfigError(InvalidInputError):
    """A configuration file, environment variable or catalogue entry is wrong."""


class ModelError(InvalidInputError):
    """A model folder cannot be trusted (hash) or used (head, class map)."""


class PictureError(InvalidInputError):
    """A picture cannot be decoded or exceeds the bounds."""


class SourceError(MingchuError, OSError):
    """A camera, file or URL cannot give us pictures; `source` is already masked."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SourceUnavailableError(SourceError):
    """Not there now (refused, timed out, lost); worth another try later."""


class SourceRefusedError(SourceError):
    """Wrong credentials or an address that we do not open; trying again at once would do harm."""


class SourceUnreadableError(SourceError):
    """There, but not a video or picture that we can read."""


class StorageError(MingchuError, OSError):
    """The disk or object store did not keep what it was given."""


def shown(value: object) -> str:
    """Shorten a value for a message, so that rubbish from outside cannot flood a log."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # a terminal line
