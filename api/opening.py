"""Opens what keeps everything: the database, brought to this code's schema, and the object store."""

from pathlib import Path

from api.objects import ObjectStore
from api.objects.disk import DiskStore
from api.settings import Settings
from api.store.database import Database
from api.store.migrate import migrate


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
    """Return the database, brought to this code's schema."""
    database = Database(settings.database)
    migrate(database)
    return database
