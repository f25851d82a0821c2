from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from vision.events import Evidence, KindName, StoredObject, event_id
from vision.frames import CameraId

AT = datetime(2026, 11, 24, tzinfo=UTC)
word = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
parts = st.tuples(word, word, word, st.integers(0, 10_000))


def _id(parts: tuple[str, str, str, int]) -> str:
    camera, kind, subject, passed_ms = parts
    return str(event_id(CameraId(camera), KindName(kind), subject, AT + timedelta(milliseconds=passed_ms)))


@settings(deadline=None)
@given(parts, parts)
def test_an_id_is_equal_exactly_for_equal_parts(a: tuple[str, str, str, int], b: tuple[str, str, str, int]) -> None:
    assert (_id(a) == _id(b)) == (a == b)


def test_an_id_never_changes() -> None:
    """Stored events would get twins: this value is frozen."""
    assert _id(("kitchen-1", "no_hat", "track-1", 0)) == "f61ba74b-a365-5f6e-964b-0b9fcfac3a55"


def test_evidence_is_found_by_its_role() -> None:
    clip = StoredObject("clip", "a/clip.mp4", "00", 1, "video/mp4", blurred=False)
    assert Evidence((clip,)).get("clip") is clip
    assert Evidence((clip,)).get("snapshot") is None
    assert Evidence(()).get("clip") is None
