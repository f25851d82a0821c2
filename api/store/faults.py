"""What a database says when it cannot, in our own words, and never with a password in them."""

from sqlalchemy import URL
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from vision.errors import InvalidInputError, MingchuError, StorageError

_DOWN = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)


def our_word_for(error: SQLAlchemyError, url: URL) -> MingchuError | None:
    """Return our word for what a database said; None for what is our own mistake."""
    if isinstance(error, DataError):
        return InvalidInputError("value", _reason(error, url), "what the database can keep")
    # The bare class is SQLite's for a file that is damaged or no database at all.
    if isinstance(error, _DOWN) or type(error) is DatabaseError:
        return StorageError(f"the database {_place(url)} does not work: {_reason(error, url)}")
    return None


def _place(url: URL) -> str:
    """Return where a database is, without how to get in."""
    return str(url.database) if url.host is None else f"{url.host}:{url.port or 5432}/{url.database}"


def _reason(error: SQLAlchemyError, url: URL) -> str:
    said = error.orig if isinstance(error, DBAPIError) else "all connections are busy"
    text = "; ".join(line.strip() for line in str(said).splitlines() if line.strip())
    return (text.replace(url.password, "***") if url.password else text)[:400]
