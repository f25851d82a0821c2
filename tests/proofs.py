"""Five-fixed proofs for tests of what follows from them: rows as the route writes them, without pictures."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Connection, insert, select, update

from api.photos.challenge import Binding, Subject, issued
from api.store import photos
from api.store.photo_schema import photo_challenges
from api.store.photo_schema import photos as photo_table
from api.store.schema import users


def photo_id(about: str, name: str) -> str:
    """Return the id of a proof about something."""
    return str(uuid5(NAMESPACE_OID, f"{about}/{name}"))


def proof_of(connection: Connection, case: Mapping[Any, Any], name: str, at: datetime, outcome: str = "passed") -> str:
    """Insert a proof of a case and return its id."""
    photo = proof_about(connection, case["site_id"], (Subject.CASE, case["id"]), name, at)
    connection.execute(update(photo_table).where(photo_table.c.id == photo).values(outcome=outcome))
    return photo


def proof_about(connection: Connection, site: str, about: tuple[Subject, str], name: str, at: datetime) -> str:
    """Insert a proof about something, taken by somebody of the site, and return its id."""
    user = connection.scalars(select(users.c.id).where(users.c.site_id == site)).first()
    assert user, "a site where somebody works"
    device = sha256(user.encode()).hexdigest()
    if photos.device(connection, device) is None:
        row = {"id": device, "user_id": user, "site_id": site, "public_key": {}, "phone": "+8613800005678"}
        stamps = {"registered_at": at, "decided_at": None, "decided_by": None}
        photos.add_device(connection, {**row, **stamps, "name": "a phone", "state": "active"})
    photo = photo_id(about[1], name)
    photos.add_challenge(connection, issued(photo, name, Binding(user, site, device, *about), at))
    connection.execute(update(photo_challenges).where(photo_challenges.c.id == photo).values(used_at=at))
    row = {"id": photo, "user_id": user, "site_id": site, "device_id": device, "received_at": at, "outcome": "passed"}
    told = {"subject": str(about[0]), "about": about[1], "claim": "{}", "signature": "", "verdicts": []}
    connection.execute(insert(photo_table).values(**row, **told))
    return photo
