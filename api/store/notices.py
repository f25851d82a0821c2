"""Notices: what was sent to whom, who has read it, and who was urged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    update,
)

from api.store.case_schema import cases
from api.store.notice_schema import notice_copies as copies
from api.store.notice_schema import notices
from api.store.schema import regions, sites, users
from api.store.scope import Scope, regions_within, sites_within

_SENT_BY = users.alias("sender")
_READ_BY = users.alias("reader")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which sites a notice goes to; an empty tuple does not restrict."""

    scope: Scope
    """Of the region that was named, within the sender's own."""
    types: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def condition(self) -> ColumnElement[bool]:
        """Return what a site must be."""
        part = sites_within(self.scope)
        if self.types:
            part &= sites.c.type.in_(self.types)
        return part & sites.c.id.in_(self.sites) if self.sites else part


@dataclass(frozen=True, slots=True)
class Box:
    """The notices that came to somebody: to a site, or to a person of an authority."""

    site: str | None
    user: str

    def condition(self) -> ColumnElement[bool]:
        """Return which copies are theirs."""
        return copies.c.site_id == self.site if self.site is not None else copies.c.user_id == self.user


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Which part of a list, newest first."""

    limit: int
    behind: tuple[datetime, str] | None = None


def reached(connection: Connection, reach: Reach) -> Sequence[str]:
    """Return the ids of the sites that a notice would go to."""
    return connection.execute(select(sites.c.id).where(reach.condition())).scalars().all()


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a notice that has no copies yet."""
    connection.execute(insert(notices).values(urged_at=None, **values))


def copy_to_sites(connection: Connection, notice_id: str, reach: Reach) -> None:
    """Give every site of a reach a copy."""
    told = select(
        literal(notice_id, String(36)),
        literal("site:", String(8)) + sites.c.id,
        sites.c.id,
        null(),
        literal(0),
    ).where(reach.condition())
    names = ["notice_id", "recipient", "site_id", "user_id", "urged"]
    connection.execute(insert(copies).from_select(names, told))


def copy_to_users(connection: Connection, notice_id: str, user_ids: Iterable[str]) -> None:
    """Give people copies of their own."""
    rows = [
        {"notice_id": notice_id, "recipient": f"user:{user}", "site_id": None, "user_id": user, "urged": 0}
        for user in user_ids
    ]
    if rows:
        connection.execute(insert(copies), rows)


def copy_to_new_users(connection: Connection, notice_id: str, user_ids: Iterable[str]) -> None:
    """Give copies of a notice, if there is one, to those of these people who have none."""
    if connection.execute(select(notices.c.id).where(notices.c.id == notice_id)).first() is None:
        return
    had = set(connection.scalars(select(copies.c.user_id).where(copies.c.notice_id == notice_id)))
    copy_to_users(connection, notice_id, [user for user in user_ids if user not in had])


def local_officers(connection: Connection, site_id: str) -> Sequence[str]:
    """Return the supervisors of the smallest region around a site that has any."""
    region = select(regions.c.path).join(sites, sites.c.region_id == regions.c.id).where(sites.c.id == site_id)
    around = func.substr(region.scalar_subquery(), 1, func.length(regions.c.path)) == regions.c.path
    query = (
        select(users.c.id, func.length(regions.c.path))
        .join(regions, regions.c.id == users.c.region_id)
        .where(around, users.c.role == "supervisor", users.c.disabled_at.is_(None))
        .order_by(users.c.id)
    )
    found = connection.execute(query).all()
    nearest = max((length for _, length in found), default=0)
    return [user for user, length in found if length == nearest]


def officers_within(connection: Connection, scope: Scope) -> Sequence[str]:
    """Return the supervisors of a region and of everything below it."""
    query = (
        select(users.c.id)
        .join(regions, regions.c.id == users.c.region_id)
        .where(regions_within(scope), users.c.role == "supervisor", users.c.disabled_at.is_(None))
    )
    return connection.execute(query.order_by(users.c.id)).scalars().all()


def _told() -> Select[Any]:
    return select(notices, _SENT_BY.c.name.label("sender")).join(_SENT_BY, _SENT_BY.c.id == notices.c.user_id)


def inbox(connection: Connection, box: Box, part: NoticePage, *, unread: bool) -> Sequence[RowMapping]:
    """Return up to `limit + 1` notices that came to somebody, newest first, each with its copy."""
    query = (
        _told()
        .add_columns(copies.c.read_at, copies.c.urged, _READ_BY.c.name.label("reader"))
        .join(copies, copies.c.notice_id == notices.c.id)
        .outerjoin(_READ_BY, _READ_BY.c.id == copies.c.read_by)
        .where(box.condition())
    )
    if unread:
        query = query.where(copies.c.read_at.is_(None))
    return _page(connection, query, part)


def unread_count(connection: Connection, box: Box) -> int:
    """Return how many notices somebody has not read."""
    query = select(func.count()).select_from(copies).where(box.condition(), copies.c.read_at.is_(None))
    return int(connection.execute(query).scalar_one())


def sent(connection: Connection, scope: Scope, kinds: Sequence[str], part: NoticePage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` notices sent to the caller's part of the tree, with how many have read them."""
    query = _sent(scope)
    return _page(connection, query.where(notices.c.kind.in_(kinds)) if kinds else query, part)


def find_sent(connection: Connection, scope: Scope, notice_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one notice that was sent to the caller's part of the tree."""
    query = _sent(scope).where(notices.c.id == notice_id)
    return connection.execute(query.with_for_update(of=notices) if lock else query).mappings().first()


def find_received(connection: Connection, box: Box, notice_id: str) -> RowMapping | None:
    """Return one notice that came to somebody."""
    query = _told().join(copies, copies.c.notice_id == notices.c.id).where(box.condition(), notices.c.id == notice_id)
    return connection.execute(query).mappings().first()


def of_case(connection: Connection, case_id: str) -> RowMapping | None:
    """Return the order of a case; the caller's scope was checked on the case."""
    return connection.execute(_told().where(notices.c.case_id == case_id)).mappings().first()


def _sent(scope: Scope) -> Select[Any]:
    mine = copies.alias("mine")
    count = select(func.count()).select_from(mine).where(mine.c.notice_id == notices.c.id)
    return (
        _told()
        .add_columns(
            count.scalar_subquery().label("copies"),
            count.where(mine.c.read_at.is_not(None)).scalar_subquery().label("read"),
        )
        .join(regions, regions.c.id == notices.c.region_id)
        .where(_sent_within(scope))
    )


def _sent_within(scope: Scope) -> ColumnElement[bool]:
    """Return which notices somebody may know of who did not get them: a kitchen only the orders to itself."""
    if scope.site is None:
        return regions_within(scope)
    own = select(cases.c.id).join(sites, sites.c.id == cases.c.site_id).where(sites_within(scope))
    return notices.c.case_id.in_(own)


def _page(connection: Connection, query: Select[Any], part: NoticePage) -> Sequence[RowMapping]:
    if part.behind is not None:
        last = tuple_(*part.behind, types=(notices.c.sent_at.type, notices.c.id.type))
        query = query.where(tuple_(notices.c.sent_at, notices.c.id) < last)
    order = (notices.c.sent_at.desc(), notices.c.id.desc())
    return connection.execute(query.order_by(*order).limit(part.limit + 1)).mappings().all()


def receipts(
    connection: Connection, scope: Scope, notice_id: str, part: tuple[int, str], *, unread: bool
) -> Sequence[RowMapping]:
    """Return up to `limit + 1` copies behind a recipient, those of sites outside the caller's part left out."""
    limit, behind = part
    query = (
        select(
            copies,
            sites.c.name.label("site_name"),
            users.c.name.label("user_name"),
            _READ_BY.c.name.label("reader"),
        )
        .outerjoin(sites, sites.c.id == copies.c.site_id)
        .outerjoin(users, users.c.id == copies.c.user_id)
        .outerjoin(_READ_BY, _READ_BY.c.id == copies.c.read_by)
        .where(copies.c.notice_id == notice_id, copies.c.recipient > behind)
        .where(copies.c.site_id.is_(None) | sites_within(scope))
    )
    if unread:
        query = query.where(copies.c.read_at.is_(None))
    return connection.execute(query.order_by(copies.c.recipient).limit(limit + 1)).mappings().all()


def read(connection: Connection, box: Box, notice_id: str, user_id: str, at: datetime) -> bool:
    """Write a receipt unless there is one; tell whether this was the first reading."""
    query = update(copies).where(copies.c.notice_id == notice_id, box.condition(), copies.c.read_at.is_(None))
    return connection.execute(query.values(read_at=at, read_by=user_id)).rowcount > 0


def urge(connection: Connection, scope: Scope, notice_id: str, at: datetime) -> int:
    """Mark every copy that nobody has read as urged once more; return how many."""
    mine = copies.c.site_id.is_(None) | copies.c.site_id.in_(select(sites.c.id).where(sites_within(scope)))
    query = update(copies).where(copies.c.notice_id == notice_id, copies.c.read_at.is_(None), mine)
    count = connection.execute(query.values(urged=copies.c.urged + 1)).rowcount
    if count:
        connection.execute(update(notices).where(notices.c.id == notice_id).values(urged_at=at))
    return count
