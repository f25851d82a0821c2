"""Opens what keeps everything: the database, brought to this code's schema, and the object store."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from api.keyfile import key_place, open_keyring
from api.objects import ObjectStore
from api.objects.disk import DiskStore
from api.settings import Settings
from api.store.database import Database
from api.store.migrate import migrate
from api.store.resealing import has_touchstone, lie_open, lost_keys, put_touchstone, reseal
from api.store.sealing import Keyring
from vision.errors import StorageError


def open_objects(settings: Settings) -> ObjectStore:
    """Return the object store that the settings name, ready for use."""
    store = object_store(settings)
    store.prepare()
    return store


def object_store(settings: Settings) -> ObjectStore:
    """Return the object store that the settings name; it is not looked for yet."""
    if "://" not in settings.object_place:
        return DiskStore(Path(settings.object_place))
    from api.objects.s3 import S3Place, S3Store  # noqa: PLC0415 - who keeps objects on a disk needs no client

    keys = settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value()
    return S3Store(S3Place.parse(settings.object_place, *keys))


def open_database(settings: Settings) -> Database:
    """Return the database, brought to this code's schema; secrets that an older release stored open are sealed.

    Raises:
        StorageError: it does not answer, or was sealed with a key that is not here, be it another process's.
    """
    keyring = open_keyring(settings)
    with ExitStack() as opened:
        database = Database(settings.database, keyring)
        opened.callback(database.close)
        _prepare(database, keyring, settings)
        opened.pop_all()
    return database


def _prepare(database: Database, keyring: Keyring, settings: Settings) -> None:
    migrate(database)
    if not database.is_sqlite:  # that one is a file beside its key; a server may have processes on several machines
        _agree_on_key(database)
    with database.read() as connection:
        lost, is_open = lost_keys(connection, keyring), lie_open(connection)
    if lost:
        raise StorageError(told_of_lost(lost, settings))
    if is_open:
        with database.write() as connection:
            reseal(connection, keyring)


def _agree_on_key(database: Database) -> None:
    """Let the first process's key be the database's, before anything is sealed with two."""
    with database.read() as connection:
        agreed = has_touchstone(connection)
    if not agreed:
        with database.write() as connection:
            put_touchstone(connection)


def told_of_lost(names: Iterable[str], settings: Settings) -> str:
    """Return what to do about keys that sealed something and are not here."""
    place = f"{key_place(settings)} or MINGCHU_SECRETS_KEY"
    return (
        f"the database holds secrets under key {', '.join(sorted(names))}, which is not in {place}: "
        "put it back there (all processes of a database share its key), "
        "or give those secrets up by `mingchu secrets forget-lost`"
    )
