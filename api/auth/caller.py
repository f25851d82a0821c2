"""The one table of roles and permissions, and the value that stands for whoever sent a request (I9)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from api.store.scope import Scope

SecondFactor = Literal["on", "off", "to_enrol"]


class Role(StrEnum):
    """What a person is."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    KITCHEN = "kitchen"


class Permission(StrEnum):
    """What a route asks for; a key's scopes are permissions, too."""

    DETECT = "detect"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    EVENTS_REVIEW = "events:review"
    CASES_ACT = "cases:act"
    """Take steps: which, says the case machine for supervisors and for kitchens."""
    CASES_ANSWER = "cases:answer"
    """Have duties of one's own site."""
    CASES_ASSIGN = "cases:assign"
    """Say which officer answers for a case."""
    PHOTOS_TAKE = "photos:take"
    """Register a phone and send five-fixed proofs of one's own site."""
    SELFCHECKS_ANSWER = "selfchecks:answer"
    """Fill in the self-checks of one's own site, and sign them if one holds the post."""
    BATCHES_SCAN = "batches:scan"
    """Code and scan cold-chain batches, keep the papers of one's own site."""
    BATCHES_TRACE = "batches:trace"
    """Recall a batch, and trace it to every site."""
    PHOTOS_VOUCH = "photos:vouch"
    """Approve phones and spots of a site, see telephone numbers of phones in full."""
    MEDIA_UNBLURRED = "media:unblurred"
    REGISTER_READ = "register:read"
    SITES_READ = "sites:read"
    SITES_WRITE = "sites:write"
    SITES_GRADE = "sites:grade"
    """Say how risky a site is, and that a camera has been reviewed as a device."""
    TARGETS_READ = "targets:read"
    """See how sites compare: who is looked at first, trends, precision, reports."""
    CONTACTS_READ = "contacts:read"
    """See telephone numbers in full."""
    REGIONS_WRITE = "regions:write"
    CAMERAS_PROBE = "cameras:probe"
    USERS_WRITE = "users:write"
    KEYS_WRITE = "keys:write"
    AUDIT_READ = "audit:read"
    """The audit trail of everybody: only with the whole tree."""
    NOTICES_READ = "notices:read"
    """What came to one's own kitchen or desk."""
    NOTICES_SEND = "notices:send"
    """Send, urge, see receipts, and know whom to ring."""
    WORKERS = "workers"
    WEBHOOKS = "webhooks"
    """Say who outside is told what the log says."""


_P = Permission
_COOK = frozenset({_P.PHOTOS_TAKE, _P.SELFCHECKS_ANSWER, _P.BATCHES_SCAN})
_VOUCH = frozenset({_P.PHOTOS_VOUCH, _P.BATCHES_TRACE})
_READ = frozenset({_P.EVENTS_READ, _P.SITES_READ, _P.DETECT, _P.NOTICES_READ})
_SUPERVISE = _READ | {
    *(_P.EVENTS_REVIEW, _P.CASES_ACT, _P.MEDIA_UNBLURRED, _P.REGISTER_READ, _P.CAMERAS_PROBE),
    *(_P.SITES_GRADE, _P.CONTACTS_READ, _P.TARGETS_READ, _P.NOTICES_SEND, _P.CASES_ASSIGN),
}
OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _SUPERVISE
    | _VOUCH
    | {_P.SITES_WRITE, _P.REGIONS_WRITE, _P.USERS_WRITE, _P.KEYS_WRITE, _P.WEBHOOKS, _P.AUDIT_READ},
    Role.SUPERVISOR: _SUPERVISE | _VOUCH,
    Role.ANALYST: _READ | {_P.TARGETS_READ},
    Role.KITCHEN: _READ | _COOK | {_P.CASES_ACT, _P.CASES_ANSWER, _P.CONTACTS_READ},
}
"""Within the user's region. Events are written and camera addresses read by keys only."""

KEY_SCOPES = frozenset(
    {_P.DETECT, _P.EVENTS_READ, _P.EVENTS_WRITE, _P.SITES_READ, _P.SITES_WRITE, _P.WORKERS, _P.WEBHOOKS}
)
"""What a key can be given: a verdict needs a person (I6), and so does a look at unblurred media (I7)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with a session, or a program with a key."""

    id: str
    actor: str
    """For the audit trail: user:NAME or key:PREFIX."""
    role: str
    name: str
    language: str
    permissions: frozenset[Permission]
    scope: Scope
    session: str = field(default="", repr=False)
    """Digest of the session; empty for a key."""
    may_set_password: bool = False
    """Came in by a first-login code."""
    limited: bool = False
    """A key with a daily limit of events."""
    second_factor: SecondFactor = "off"
    """`to_enrol`: the role needs one and the user has none yet; until then nothing else is permitted."""

    def may(self, permission: Permission) -> bool:
        """Tell whether the caller may do this somewhere."""
        return permission in self.permissions


def callers_of(permission: Permission) -> tuple[list[str], list[str]]:
    """Return the roles and the key scopes that a permission lets in."""
    scopes = [permission.value] if permission in KEY_SCOPES else []
    return [role.value for role in Role if permission in OF_ROLE[role]], scopes


def who_may(permission: Permission) -> str:
    """Return the sentence about a route's callers for its description."""
    roles, scopes = callers_of(permission)
    key = [f"API key with scope {scope}" for scope in scopes]
    return f"Who may call: {'; '.join([', '.join(roles), *key] if roles else key)}."


def permissions_of_key(scopes: Iterable[str]) -> frozenset[Permission]:
    """Return what a key's stored scopes still mean."""
    return frozenset(permission for permission in KEY_SCOPES if permission.value in set(scopes))
