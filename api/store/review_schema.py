"""The table of claims: which event somebody is reviewing, until when it is theirs."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from api.store.schema import Utc, metadata

claims = Table(
    "claims",
    metadata,
    Column("event_id", String(36), ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("until", Utc, nullable=False),
    Index(None, "until"),
)
"""One holder an event; what has run out counts as nobody's."""
