"""Signatures: the library of the specification takes them, before, while and after a secret changes."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.notify.signing import MOST_SECRETS, headers, new_secret, rotated, valid

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
BODY = '{"specversion": "1.0", "data": {"kind": "no_hat", "note": "未戴帽"}}'
DAY = timedelta(days=1)


def verifies(secret: str, sent: dict[str, str], body: str = BODY) -> bool:
    try:
        Webhook(secret).verify(body, sent)
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture
def now() -> datetime:
    """The library that verifies has no clock but the machine's, and five minutes of patience."""
    return datetime.now(UTC)


def test_a_receiver_verifies_with_the_library(now: datetime) -> None:
    secret = new_secret()
    known = rotated((), secret, now, timedelta())
    sent = headers("msg_7", BODY, known, now)
    assert verifies(secret, sent)
    assert not verifies(secret, sent, BODY + " ")
    assert not verifies(new_secret(), sent)
    assert not verifies(secret, {**sent, "webhook-id": "msg_8"})
    assert not verifies(secret, headers("msg_7", BODY, known, now - timedelta(minutes=6)))


def test_both_secrets_sign_while_they_overlap_and_then_the_new_one_alone(now: datetime) -> None:
    old, new = new_secret(), new_secret()
    known = rotated(rotated((), old, now - DAY, timedelta()), new, now, timedelta(hours=1))
    during = headers("msg_1", BODY, known, now)
    assert (verifies(old, during), verifies(new, during)) == (True, True)
    later = headers("msg_1", BODY, known, now + timedelta(hours=1))
    later["webhook-timestamp"] = during["webhook-timestamp"]
    assert len(later["webhook-signature"].split()) == 1
    assert not verifies(old, headers("msg_1", BODY, valid(known, now + timedelta(hours=2)), now))


@pytest.mark.parametrize("overlap", [timedelta(), DAY])
def test_a_leaked_secret_can_be_ended_at_once_and_their_number_is_bounded(overlap: timedelta) -> None:
    known = rotated((), new_secret(), NOW, timedelta())
    for _ in range(5):
        known = rotated(known, new_secret(), NOW, overlap)
    assert len(known) == (MOST_SECRETS if overlap else 1)
    assert [each["until"] is None for each in known] == [True] + [False] * (len(known) - 1)


def test_an_older_secret_never_lives_longer_by_another_change() -> None:
    known = rotated((), "whsec_b25l", NOW, timedelta())
    known = rotated(known, "whsec_dHdv", NOW, timedelta(hours=1))
    known = rotated(known, "whsec_dHJpcGxl", NOW, DAY)
    assert [each["secret"] for each in valid(known, NOW + timedelta(hours=2))] == ["whsec_dHJpcGxl", "whsec_dHdv"]
