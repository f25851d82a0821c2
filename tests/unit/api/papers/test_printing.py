"""Papers as PDF: every letter is there and can be copied out, whatever a page is made of."""

import re
import threading
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.papers.blocks import Block, Facts, Grid, Heading, NewPage, Paper, Picture, Pictures, Words
from api.papers.printing import Press
from api.papers.typeface import PROBE, UNKNOWN, Typeface, font_file
from vision.errors import ConfigError

LETTERS = f"{PROBE}{UNKNOWN}通知书第项图片无法显示ABCabcdefghiklnoprstuvwxyz0123456789 /.…（）：<>&"


def square(pen: Any, side: int) -> None:
    pen.moveTo((0, 0))
    for corner in ((0, side), (side, side), (side, 0)):
        pen.lineTo(corner)
    pen.closePath()


def write_font(path: Path, letters: str = LETTERS, *, postscript: bool = True) -> Path:
    """Write a font in which every letter is a square, with PostScript or TrueType outlines."""
    names = {ord(letter): f"u{ord(letter):04X}" for letter in letters}
    order = [".notdef", *names.values()]
    built = FontBuilder(1000, isTTF=not postscript)
    built.setupGlyphOrder(order)
    built.setupCharacterMap(names)
    if postscript:
        pens = {name: T2CharStringPen(600, None) for name in order}
        for pen in pens.values():
            square(pen, 500)
        built.setupCFF("Squares", {}, {name: pen.getCharString() for name, pen in pens.items()}, {})
    else:
        outlines = {name: TTGlyphPen(None) for name in order}
        for outline in outlines.values():
            square(outline, 500)
        built.setupGlyf({name: outline.glyph() for name, outline in outlines.items()})
    built.setupHorizontalMetrics(dict.fromkeys(order, (600, 0)))
    built.setupHorizontalHeader(ascent=880, descent=-120)
    built.setupNameTable({"familyName": "Squares", "styleName": "Regular", "psName": "Squares"})
    built.setupOS2()
    built.setupPost()
    built.save(path)
    return path


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_font(tmp_path_factory.mktemp("font") / "squares.otf")


@pytest.fixture(scope="module")
def press(font: Path) -> Press:
    return Press(font)


@pytest.fixture(scope="module")
def bare() -> Press:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.papers.typeface.KNOWN_PLACES", ("/nowhere/at/all.ttc",))
        return Press()


def embedded(pdf: bytes) -> TTFont:
    """Return the font that a PDF carries."""
    found = re.findall(rb"/Length1 \d+\n>>\nstream\n(.*?)endstream", pdf, re.DOTALL)
    assert len(found) == 1
    return TTFont(BytesIO(zlib.decompress(found[0])))


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def jpeg(height: int = 40, width: int = 60) -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes())


@pytest.mark.parametrize("postscript", [True, False])
def test_the_letters_of_a_paper_and_no_others_are_embedded(tmp_path: Path, *, postscript: bool) -> None:
    press = Press(write_font(tmp_path / "squares.otf", postscript=postscript))
    pdf = press.pdf(Paper("责令改正通知", (Words("ABC"),)))
    assert press.embeds
    count = embedded(pdf)["maxp"].numGlyphs
    assert 9 <= count < len(LETTERS)
    for outline in (embedded(pdf)["glyf"][name] for name in embedded(pdf).getGlyphOrder()[:3]):
        assert (outline.xMin, outline.xMax, outline.yMax) == (0, 500, 500)


def test_one_paper_after_another_has_its_own_letters(press: Press) -> None:
    fonts = [embedded(press.pdf(Paper(text, ()))) for text in ("ABC", "责令改正", "ABC责令改正")]
    first, second, both = (font["maxp"].numGlyphs for font in fonts)
    assert both == second + 3 == first + 4


def test_the_same_paper_is_the_same_bytes(press: Press) -> None:
    paper = Paper("通知", (Facts((("A", "B"),)), Pictures((Picture(jpeg(), "图"),))), "书")
    assert press.pdf(paper) == press.pdf(paper)


def test_a_long_table_runs_over_pages_and_a_new_page_is_one(press: Press) -> None:
    rows = tuple((f"第{number}项", "abc " * 20) for number in range(80))
    pdf = press.pdf(Paper("通知书", (Grid(("项", "书"), rows, (1, 3)), NewPage(), Words("end"))))
    assert pages_of(pdf) >= 3


@pytest.mark.parametrize("content", [b"", b"no picture", jpeg()[:200], b"\x89PNG\r\n\x1a\n"])
def test_a_picture_that_cannot_be_read_spoils_nothing(press: Press, content: bytes) -> None:
    assert pages_of(press.pdf(Paper("图", (Pictures((Picture(content, "A"), Picture(jpeg(), "B"))),)))) == 1


def test_a_picture_keeps_its_proportions_and_stays_on_its_page(press: Press) -> None:
    tall, wide = jpeg(4000, 40), jpeg(40, 4000)
    assert pages_of(press.pdf(Paper("图", (Pictures((Picture(tall, "A"), Picture(wide, "B")), columns=1),)))) == 1


def test_a_png_is_a_picture_too(press: Press) -> None:
    content = BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    assert b"/Image" in press.pdf(Paper("图", (Pictures((Picture(content.getvalue(), ""),)),)))


blocks = st.one_of(
    st.builds(Heading, st.text(max_size=40)),
    st.builds(Words, st.text(max_size=200), st.sampled_from(["plain", "small", "strong"])),
    st.builds(Facts, st.lists(st.tuples(st.text(max_size=20), st.text(max_size=90)), max_size=4).map(tuple)),
    st.builds(
        Grid,
        st.just(("a", "b")),
        st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=4).map(tuple),
    ),
)


@settings(max_examples=12, deadline=None)
@given(st.text(max_size=60), st.lists(blocks, max_size=5).map(tuple), st.text(max_size=300))
def test_no_text_of_the_world_breaks_a_paper(
    press: Press, bare: Press, title: str, parts: tuple[Block, ...], footer: str
) -> None:
    for each in (press, bare):
        assert each.pdf(Paper(title, parts, footer)).startswith(b"%PDF")


def test_without_a_font_file_the_built_in_face_is_named(bare: Press) -> None:
    assert not bare.embeds
    assert b"STSong-Light" in bare.pdf(Paper("责令改正通知书", ()))


def test_many_threads_print_at_once(press: Press) -> None:
    papers = [Paper("通知书", (Words(letter * 30),)) for letter in "ABCabc责令改正"]
    expected = [press.pdf(paper) for paper in papers]
    got: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda number=number, paper=paper: got.__setitem__(number, press.pdf(paper)))
        for number, paper in enumerate(papers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number] for number in range(len(papers))] == expected


def test_a_font_that_is_not_there_is_none_or_has_no_chinese_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rubbish.ttf").write_bytes(b"rubbish")
    for path in (
        tmp_path / "missing.ttf",
        tmp_path / "rubbish.ttf",
        write_font(tmp_path / "latin.otf", "ABC"),
    ):
        with pytest.raises(ConfigError, match="MINGCHU_PAPER_FONT"):
            Press(path)


def test_a_missing_letter_is_a_box(font: Path) -> None:
    assert Typeface(font).printable("责😀龘令") == f"责{UNKNOWN}{UNKNOWN}令"


def test_the_simplified_face_of_a_collection_is_taken() -> None:
    path = font_file(None)
    if path is None or path.suffix != ".ttc":
        pytest.skip("this machine has no collection of Chinese fonts")
    face = Typeface(path)
    assert face.knows("责令改正通知书，。")
    assert len(TTFont(BytesIO(face.cut("责令"))).getGlyphOrder()) == 3
