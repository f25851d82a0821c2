"""The tables of accounts: invitations, second factors, recovery codes, and wrong guesses that all processes count."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from api.store.schema import Utc, metadata
from api.store.sealing import SealedText

invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Index(None, "user_id"),
)
"""First-login codes of people whom an administrator made or let in again; used ones are deleted."""

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", String(64), ForeignKey("users.id"), primary_key=True),
    Column("secret", SealedText("second_factors.secret"), nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("confirmed_at", Utc, nullable=True),
)
"""`last_step` is the newest time step whose code was taken: no code is taken twice (RFC 6238, 5.2)."""

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("bound_at", Utc, nullable=False),
    Index("uq_identities_account", "issuer", "user_id", unique=True),
)
"""Which account belongs to which user of an OpenID provider: names there may change hands, subjects do not."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", String(64), ForeignKey("users.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
)
"""What stands in for a lost phone; used ones are deleted."""

login_failures = Table(
    "login_failures",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", Utc, nullable=False),
    CheckConstraint("count >= 1", name="count"),
    Index(None, "until"),
)
"""Wrong guesses of an address at an account; whoever is right, or quiet for an hour, is forgotten."""
