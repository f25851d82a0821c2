"""Adds a region to the tree, wherever the wish comes from: HTTP or a shell on the machine."""

from sqlalchemy import Connection

from api.errors import ConflictError
from api.places import levels
from api.places.facts import NewRegion
from api.store import regions
from api.store.scope import Scope
from vision.errors import InvalidInputError


def put_region(connection: Connection, scope: Scope, region: NewRegion) -> None:
    """Insert a region.

    Raises:
        InvalidInputError: the parent is not in the scope, or the tree would be too deep.
        ConflictError: the id is taken, here or elsewhere.
    """
    parent = regions.find(connection, scope, region.parent)
    if parent is None:
        raise InvalidInputError("parent", region.parent, "a region of yours")
    if regions.taken(connection, region.id):
        raise ConflictError(f"the id {region.id} is taken")
    if len(parent["path"]) + len(region.id) + 1 > regions.LONGEST_PATH:
        allowed = f"a region whose path leaves room: all ids together have at most {regions.LONGEST_PATH} characters"
        raise InvalidInputError("parent", region.parent, allowed)
    allowed = levels.fault(region.level, parent["level"] or "")
    if allowed:
        raise InvalidInputError("level", region.level, allowed)
    regions.add(connection, region.id, region.name, parent, region.level)
