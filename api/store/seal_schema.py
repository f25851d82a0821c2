"""A sealed word by which processes of one database see whether they have the same key."""

from sqlalchemy import Column, String, Table

from api.store.schema import metadata
from api.store.sealing import SealedText

touchstones = Table(
    "touchstones",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("word", SealedText("touchstones.word"), nullable=False),
)
"""One row at most: whoever opened the database first has sealed it."""
