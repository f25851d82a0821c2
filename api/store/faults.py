"""What a database says when it cannot, in our own words, and never with a password in them."""

from sqlite3 import SQLITE_ERROR

from sqlalchemy import URL
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from vision.errors import InvalidInputError, MingchuError, StorageError

_DOWN = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)


def our_word_for(error: SQLAlchemyError, url: URL) -> MingchuError | None:
    """Return our word for what a database said; None for what is our own mistake."""
    if isinstance(error, DataError):
        return InvalidInputError("value", _reason(error, url), "what the database can keep")
    if isinstance(error, StatementError) and isinstance(error.orig, MingchuError):
        return error.orig  # one of our own column types refused the value
    # The bare class is SQLite's for a file that is damaged or no database at all.
    if (isinstance(error, _DOWN) or type(error) is DatabaseError) and not _is_wrong_sql(error):
        return StorageError(f"the database {_place(url)} does not work: {_reason(error, url)}")
    return None


def _is_wrong_sql(error: SQLAlchemyError) -> bool:
    """Tell whether SQLite could not understand us, which it reports as if the database did not work."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR


def _place(url: URL) -> str:
    """Return where a database is, without how to get in."""
    return str(url.database) if url.host is None else f"{url.host}:{url.port or 5432}/{url.database}"


def _reason(error: SQLAlchemyError, url: URL) -> str:
    said = error.orig if isinstance(error, DBAPIError) else "all connections are busy"
    text = "; ".join(line.strip() for line in str(said).splitlines() if line.strip())
    return (text.replace(url.password, "***") if url.password else text)[:400]
