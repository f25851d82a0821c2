"""Sets a paper as PDF: A4, Chinese line breaking, tables that run over pages, the page's number beside the footer."""

import threading
from collections.abc import Iterator
from functools import cached_property
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from api.papers.blocks import Block, Facts, Grid, Heading, NewPage, Paper, Pictures, Words
from api.papers.typeface import UNKNOWN, Typeface, font_file

EMBEDDED, BUILT_IN = "MingchuPaper", "STSong-Light"
"""The names of the two fonts: cut from the machine's, or the one that readers of PDF bring along."""
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
_INK, _PALE = HexColor("#1f2933"), HexColor("#d5dbe1")
_BIGGEST_PICTURE = 0.42 * A4[1]
_LAST_OF_THE_BASE_PLANE = "\uffff"


class Press:
    """Prints papers; one for each process, safe to use from many threads, one paper at a time."""

    def __init__(self, font: Path | None = None) -> None:
        """Choose the font: `font`, else one that this machine has, else the built-in face.

        Raises:
            ConfigError: `font` is none, or has no Chinese letters.
        """
        self._turn = threading.Lock()
        self._path = font_file(font)
        self.embeds = self._path is not None
        """Papers bring their letters along; if not, a reader without Chinese fonts shows none."""
        if font is not None:
            self._typeface  # noqa: B018 - what an operator set wrongly is told at the start

    @cached_property
    def _typeface(self) -> Typeface | None:
        """Return the open font; it takes half a second, which nobody who prints nothing waits for."""
        return Typeface(self._path) if self._path else None

    def pdf(self, paper: Paper) -> bytes:
        """Return the paper as PDF; the same paper gives the same bytes."""
        content = BytesIO()
        with self._turn:  # the library knows fonts by name, for the whole process
            setter = self._setter(paper)
            document = SimpleDocTemplate(
                content,
                pagesize=A4,
                **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN),
                title=paper.title,
                author="Mingchu",
                invariant=1,
            )
            document.build(list(setter.flow(paper)), canvasmaker=setter.canvas(paper.footer))
        return content.getvalue()

    def _setter(self, paper: Paper) -> "_Setter":
        if self._typeface is None:
            pdfmetrics.registerFont(UnicodeCIDFont(BUILT_IN))
            return _Setter(BUILT_IN, None)
        letters = {*"".join(paper.texts()), *_ALWAYS}
        _register(TTFont(EMBEDDED, BytesIO(self._typeface.cut(letters))))
        return _Setter(EMBEDDED, self._typeface)


def _register(font: TTFont) -> None:
    """Make this the font of our name; the library keeps the first one for ever, whose letters are another paper's."""
    pdfmetrics._fonts.pop(font.fontName, None)  # noqa: SLF001 - there is no public way to forget a font
    pdfmetrics._dynFaceNames.pop(font.face.name, None)  # noqa: SLF001 - the same
    pdfmetrics.registerFont(font)


_ALWAYS = f"0123456789 /.…{UNKNOWN}（图片无法显示）picture cannot be shown"
"""What we print by ourselves."""
NO_PICTURE = "（图片无法显示） picture cannot be shown"


class _Setter:
    """Turns blocks into what the PDF library flows over pages, in one font."""

    def __init__(self, font: str, typeface: Typeface | None) -> None:
        self._font, self._typeface = font, typeface
        plain = ParagraphStyle("plain", fontName=font, fontSize=10.5, leading=16, wordWrap="CJK", textColor=_INK)
        self._styles = {
            "plain": plain,
            "small": ParagraphStyle("small", plain, fontSize=8.5, leading=12.5),
            "strong": ParagraphStyle("strong", plain, fontSize=12, leading=18, spaceBefore=4),
            "title": ParagraphStyle("title", plain, fontSize=18, leading=26, alignment=TA_CENTER, spaceAfter=10),
            "heading": ParagraphStyle("heading", plain, fontSize=13, leading=20, spaceBefore=10, spaceAfter=4),
            "caption": ParagraphStyle("caption", plain, fontSize=8.5, leading=12, alignment=TA_CENTER),
        }

    def flow(self, paper: Paper) -> Iterator[Flowable]:
        """Yield the title and everything below it."""
        yield self._words(paper.title, "title")
        for block in paper.blocks:
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Flowable]:
        match block:
            case Heading(text):
                yield self._words(text, "heading")
            case Words(text, look):
                yield from (self._words(line, look) for line in text.split("\n"))
            case Facts(rows):
                yield self._facts(rows)
                yield Spacer(0, 6)
            case Grid():
                yield Spacer(0, 4)
                yield self._grid(block)
                yield Spacer(0, 8)
            case Pictures():
                yield from self._pictures(block)
            case NewPage():
                yield PageBreak()

    def _words(self, text: str, style: str) -> Paragraph:
        return Paragraph(escape(self._printable(text)) or "&nbsp;", self._styles[style])

    def _printable(self, text: str) -> str:
        """Return the text without what would spoil a page: control characters, letters that the font lacks."""
        clean = "".join(letter if letter.isprintable() else " " for letter in text)
        if self._typeface:
            return self._typeface.printable(clean)
        return "".join(letter if letter <= _LAST_OF_THE_BASE_PLANE else UNKNOWN for letter in clean)

    def _facts(self, rows: tuple[tuple[str, str], ...]) -> Flowable:
        if not rows:
            return Spacer(0, 0)
        cells = [[self._words(text, "plain") for text in row] for row in rows]
        return Table(cells, (0.24 * WIDTH, 0.76 * WIDTH), style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT])

    def _grid(self, grid: Grid) -> Flowable:
        shares = grid.shares or (1.0,) * len(grid.head)
        widths = [WIDTH * share / sum(shares) for share in shares]
        cells = [[self._words(text, "small") for text in row] for row in (grid.head, *grid.rows)]
        style = [
            ("GRID", (0, 0), (-1, -1), 0.5, _PALE),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor("#eef1f4")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        return Table(cells, widths, repeatRows=1, style=style)

    def _pictures(self, block: Pictures) -> Iterator[Flowable]:
        width = WIDTH / block.columns - 4 * mm
        shown = [[self._picture(one.content, width), self._words(one.caption, "caption")] for one in block.all]
        for first in range(0, len(shown), block.columns):
            row = shown[first : first + block.columns]
            row += [[]] * (block.columns - len(row))
            style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("ALIGN", (0, 0), (-1, -1), "CENTER"), *_TIGHT]
            yield KeepTogether(Table([row], [WIDTH / block.columns] * block.columns, style=style))
            yield Spacer(0, 6)

    def _picture(self, content: bytes, width: float) -> Flowable:
        """Return a picture in its own proportions; one that cannot be read says so and spoils nothing."""
        try:
            with PillowImage.open(BytesIO(content), formats=("JPEG", "PNG")) as opened:
                opened.load()
                across, down = opened.size
        except (OSError, SyntaxError, PillowImage.DecompressionBombError):
            return self._words(NO_PICTURE, "caption")
        scale = min(width / across, _BIGGEST_PICTURE / down)
        return Image(BytesIO(content), across * scale, down * scale)

    def canvas(self, footer: str) -> type[Canvas]:
        """Return a kind of canvas that writes the footer, and on which page of how many it stands."""
        font, text = self._font, self._printable(footer)

        class Numbered(Canvas):  # type: ignore[misc]  # the library has no types
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **{**kwargs, "initialFontName": font})
                self._pages: list[dict[str, Any]] = []

            def showPage(self) -> None:  # noqa: N802 - the library's name
                self._pages.append(dict(self.__dict__))
                self._startPage()

            def save(self) -> None:
                for number, page in enumerate(self._pages, 1):
                    self.__dict__.update(page)
                    self._foot(f"{number} / {len(self._pages)}")
                    super().showPage()
                super().save()

            def _foot(self, number: str) -> None:
                self.setFont(font, 8)
                self.setFillColor(_INK)
                self.drawString(MARGIN, 11 * mm, _fitted(text, font, WIDTH - 20 * mm))
                self.drawRightString(MARGIN + WIDTH, 11 * mm, number)

        return Numbered


def _fitted(text: str, font: str, width: float) -> str:
    """Return as much of a text as fits on a line."""
    if pdfmetrics.stringWidth(text, font, 8) <= width:
        return text
    while text and pdfmetrics.stringWidth(f"{text}…", font, 8) > width:
        text = text[:-1]
    return f"{text}…"


_TIGHT = [(side, (0, 0), (-1, -1), 2) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")]
