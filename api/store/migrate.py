"""Brings a database to the schema of this code, once, however many processes start at the same time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from api.store.database import Database

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 6_341_784_201
"""Any number that nobody else in the database uses for an advisory lock."""


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration, bound to this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Apply what is missing, all or nothing; a second process waits and then finds nothing to do."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another process may have much to do
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(configuration(connection), "head")
