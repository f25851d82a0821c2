"""Whom to call at a site, by what they answer for; a telephone number is shown in full only to who needs it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.fields import Line

ContactRole = Literal["principal", "director", "officer", "inspector", "other"]
"""主要负责人, 食品安全总监, 食品安全员, 属地监管员."""
_PHONE = re.compile(r"\+?[0-9][0-9 -]{2,30}")
_HIDDEN = re.compile(r"[0-9*+ -]+")
_ENDS = (3, 4)
"""How many digits at the beginning and at the end stay readable."""


def _callable(phone: str) -> str:
    """Pass a number; also a masked one, which stands for the number that is stored already."""
    if not _PHONE.fullmatch(phone) and not ("*" in phone and _HIDDEN.fullmatch(phone)):
        raise ValueError("a telephone number of digits, spaces and hyphens, perhaps with a leading +, is allowed")
    return phone


class Contact(BaseModel):
    """One person of a site, or the officer in charge of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: ContactRole
    name: Annotated[Line, Field(min_length=1, max_length=64)] = Field(repr=False)
    phone: Annotated[str, Field(max_length=32), AfterValidator(_callable)] = Field(repr=False)


Contacts = Annotated[tuple[Contact, ...], Field(max_length=8)]
Stored = Sequence[Mapping[str, Any]]


def masked(phone: str) -> str:
    """Return a number fit for those who shall not call it: 138****5678."""
    head, tail = _ENDS
    return f"{phone[:head]}****{phone[-tail:]}" if len(phone) > head + tail else "****"


def shown(contacts: Iterable[Mapping[str, Any]] | None, *, in_full: bool) -> list[dict[str, Any]]:
    """Return contacts for somebody who may see the numbers, or may not."""
    told = [dict(each) for each in contacts or ()]
    return told if in_full else [{**each, "phone": masked(each["phone"])} for each in told]


def unmasked(wanted: Iterable[Mapping[str, Any]], stored: Stored | None) -> tuple[list[dict[str, Any]], str]:
    """Return contacts in which a masked number is the stored one again, and the first that stands for none."""
    known = {(each["role"], masked(each["phone"])): each["phone"] for each in stored or ()}
    found, lost = [], ""
    for each in wanted:
        phone = known.get((each["role"], each["phone"]), "") if "*" in each["phone"] else each["phone"]
        lost = lost or ("" if phone else each["phone"])
        found.append({**each, "phone": phone})
    return found, lost
