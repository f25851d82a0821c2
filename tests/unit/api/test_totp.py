"""One-time codes: the vectors of RFC 6238, neighbours in time, and the address that apps read."""

from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest

from api.auth import totp
from tests.unit.api.world import START

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("unix_s", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(unix_s: int, eight_digits: str) -> None:
    """Appendix B has eight digits; ours are the last six of them."""
    step = totp.step_at(datetime.fromtimestamp(unix_s, UTC))
    assert totp.code_at(SECRET, step) == eight_digits[-totp.DIGITS :]


@pytest.mark.parametrize(("apart_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(apart_s: int, *, taken: bool) -> None:
    code = totp.code_at(SECRET, totp.step_at(START + timedelta(seconds=apart_s)))
    assert (totp.step_of(SECRET, code, START) is not None) is taken


def test_secrets_are_fresh_and_as_long_as_the_hash() -> None:
    first, second = totp.new_secret(), totp.new_secret()
    assert first != second
    assert len(b32decode(first)) == 20


def test_the_address_names_issuer_account_and_secret() -> None:
    told = urlparse(totp.uri(SECRET, "a/na@x", "Mingchu"))
    assert (told.scheme, told.netloc, told.path) == ("otpauth", "totp", "/Mingchu:a%2Fna%40x")
    query = parse_qs(told.query)
    assert query["secret"] == [SECRET]
    assert query["issuer"] == ["Mingchu"]
