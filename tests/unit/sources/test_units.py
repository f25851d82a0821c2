"""Pieces of pictures find together, and nothing that is whole waits."""

from dataclasses import replace

from vision.sources.units import Joiner, Piece, continues_picture, is_byte_stream, size_sets

SPS, PPS = b"\0\0\0\1\x67abc", b"\0\0\1\x68d"
FIRST, REST = b"\0\0\1\x65\x88x", b"\0\0\1\x65\x03y"
INTER = b"\0\0\1\x41\x9a"
HEAD, TAIL = Piece(SPS + PPS + FIRST, True, 0, 0, 0), Piece(SPS + PPS + REST, True, 0, 0, 0)
NEXT = Piece(INTER, False, 40, 40, 0)


def fed(*pieces: Piece) -> list[list[bytes]]:
    joiner = Joiner("h264")
    return [[whole.data for whole in joiner.add(piece)] for piece in pieces]


def test_the_parts_of_a_key_frame_are_one_from_the_first_key_frame_on() -> None:
    assert fed(HEAD, TAIL, NEXT) == [[], [], [HEAD.data + TAIL.data]]
    assert fed(replace(HEAD, pts=None), TAIL, NEXT) == [[], [], [HEAD.data + TAIL.data]]


def test_a_stream_of_whole_pictures_waits_for_its_second_packet_only() -> None:
    assert fed(HEAD, NEXT, NEXT, HEAD) == [[], [HEAD.data, NEXT.data], [NEXT.data], [HEAD.data]]


def test_a_stream_that_begins_to_cut_later_is_joined_from_the_next_key_frame_on() -> None:
    later = [replace(piece, pts=80) for piece in (HEAD, TAIL)]
    assert fed(HEAD, NEXT, *later, HEAD, TAIL, NEXT)[-3:] == [[TAIL.data], [], [HEAD.data + TAIL.data]]


def test_parts_of_two_pictures_are_not_joined() -> None:
    """The first slice of the second was lost on the way."""
    assert fed(HEAD, replace(TAIL, pts=40)) == [[], [HEAD.data, TAIL.data]]


def test_what_the_stream_ends_with_is_not_lost() -> None:
    joiner = Joiner("h264")
    joiner.add(HEAD)
    assert joiner.flush() == [HEAD]
    assert joiner.flush() == []


def test_the_first_slice_says_so_in_both_codecs() -> None:
    assert not continues_picture(HEAD.data, "h264")
    assert continues_picture(TAIL.data, "h264")
    assert not continues_picture(b"\0\0\1\x26\x01\xaf", "hevc")
    assert continues_picture(b"\0\0\1\x26\x01\x2f", "hevc")
    assert not continues_picture(b"", "h264")
    assert not continues_picture(b"\0\0\1\x65", "h264")


def test_parameter_sets_are_found_once() -> None:
    assert size_sets(SPS + SPS + PPS + FIRST + SPS, "h264") == b"\x67abc"
    assert size_sets(INTER, "h264") == b""


def test_containers_with_lengths_are_left_alone() -> None:
    assert is_byte_stream("h264", b"\0\0\0\1\x67")
    assert not is_byte_stream("h264", b"\1\x64")
    assert not is_byte_stream("vp9", b"")
