"""Fields that several bodies share: what a document calls a date, an instant or a number is one."""

import pytest
from pydantic import TypeAdapter, ValidationError

from api.fields import Count, Moment, Truth
from api.places.facts import Day


@pytest.mark.parametrize("number", [0, 0.5, True, "0", "-1e3", " 20261124 ", ".5", ""])
@pytest.mark.parametrize("kind", [Moment, Day])
def test_a_number_is_no_date(kind: object, number: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(number)


def test_dates_are_read_as_iso_8601_writes_them() -> None:
    assert TypeAdapter(Day).validate_python("2026-11-24").isoformat() == "2026-11-24"
    told = TypeAdapter(Moment).validate_python("2026-11-24T08:00:00+08:00")
    assert told.isoformat() == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize("wrong", [False, True, "5", "", -1, 1.5, None])
def test_a_count_is_a_whole_number(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Count).validate_python(wrong)
    assert TypeAdapter(Count).validate_python(5) == 5


@pytest.mark.parametrize("wrong", [0, 1, "true", "", None])
def test_a_truth_value_is_one(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Truth).validate_python(wrong)
    assert TypeAdapter(Truth).validate_python(False) is False


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Moment, {"type": "string", "format": "date-time"}),
        (Day, {"type": "string", "format": "date"}),
        (Truth, {"type": "boolean"}),
        (Count, {"type": "integer", "minimum": 0, "maximum": (1 << 53) - 1}),
    ],
)
def test_the_document_says_so(kind: object, schema: dict[str, object]) -> None:
    assert TypeAdapter(kind).json_schema() == schema
