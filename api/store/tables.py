"""Every table in one place, for those who build or compare a whole schema: a new module of tables is named here."""

from api.store import (
    account_schema,
    case_schema,
    coldchain_schema,
    insight_schema,
    inspection_schema,
    keeping_schema,
    notice_schema,
    notify_schema,
    photo_schema,
    place_schema,
    review_schema,
    schema,
    seal_schema,
    selfcheck_schema,
)

PARTS = (
    schema,
    account_schema,
    case_schema,
    notify_schema,
    place_schema,
    insight_schema,
    notice_schema,
    keeping_schema,
    photo_schema,
    review_schema,
    selfcheck_schema,
    coldchain_schema,
    seal_schema,
    inspection_schema,
)
metadata = schema.metadata
