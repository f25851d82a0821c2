"""`mingchu secrets`: the keys that seal second factors, webhook secrets and camera addresses in the database."""

from contextlib import closing
from datetime import UTC, datetime

import typer

from api.audit import SHELL, Act
from api.audit import record as note
from api.keyfile import key_place, new_key, open_keyring, put_file
from api.settings import Settings
from api.shell import out
from api.store.database import Database
from api.store.migrate import migrate
from api.store.resealing import forget, lost_keys, reseal
from vision.errors import InvalidInputError

secrets_app = typer.Typer(no_args_is_help=True, help="The keys that seal secrets in the database.")


@secrets_app.command("new-key")
def print_key() -> None:
    """Print a new key for MINGCHU_SECRETS_KEY: put it before those that are there, then run `reseal`."""
    out.print(new_key())


@secrets_app.command("rotate")
def rotate() -> None:
    """Put a new key before those of the file and seal everything with it; start the API's processes anew afterwards."""
    settings = Settings()
    if settings.secrets_key.get_secret_value():
        raise InvalidInputError("MINGCHU_SECRETS_KEY", "***", "nothing: its keys are changed where it is set")
    open_keyring(settings)
    place = key_place(settings)
    put_file(place, f"{new_key()}\n{place.read_text('ascii')}".encode())
    _reseal(settings)


@secrets_app.command("reseal")
def seal_anew() -> None:
    """Seal everything with the newest key; after it, older keys are needed for older backups only."""
    _reseal(Settings())


def _reseal(settings: Settings) -> None:
    keyring = open_keyring(settings)
    with closing(Database(settings.database, keyring)) as database:
        migrate(database)
        with database.write() as connection:
            count = reseal(connection, keyring)
            note(connection, Act(SHELL, "secrets.resealed", keyring.newest, {"values": count}), datetime.now(UTC))
    out.print(f"{count} value(s) sealed with key {keyring.newest}")


@secrets_app.command("forget-lost")
def forget_lost() -> None:
    """Give up what was sealed with keys that are lost: those people, webhooks and cameras must be set up again."""
    settings = Settings()
    keyring = open_keyring(settings)
    with closing(Database(settings.database, keyring)) as database:
        migrate(database)
        with database.write() as connection:
            names = lost_keys(connection, keyring)
            gone = forget(connection, names)
            note(connection, Act(SHELL, "secrets.forgotten", ",".join(sorted(names)), gone), datetime.now(UTC))
    out.print(", ".join(f"{table} {count}" for table, count in gone.items()))
