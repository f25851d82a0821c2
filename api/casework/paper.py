"""The order as a paper: finding, clause, deadlines, how to answer, pictures, and a receipt to sign."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Template

from api.cases.orders import DEADLINES, Language, load_texts, on_the_wall
from api.casework.holding import Row
from api.papers.blocks import Block, Facts, Grid, Heading, Paper, Picture, Pictures, Words
from api.store.case_rows import clock_of

MOST_PICTURES = 6
_BIG = 2
"""So many pictures are shown large."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of one event, or its digest where it is gone."""

    event: Row
    piece: Row
    content: bytes | None


def order_paper(case: Row, order: Row, clocks: Iterable[Row], pictures: Sequence[Shown], language: Language) -> Paper:
    """Return the paper of an order in one language; `order` is its row among the notices."""
    words, text = load_texts()[language].paper, order["texts"][language]
    zone = case["site_time_zone"]
    facts = (
        (words["case"], case["id"]),
        (words["ordered_at"], on_the_wall(order["sent_at"], zone)),
        (words["sender"], order["sender"]),
    )
    blocks: list[Block] = [Facts(facts), Words(text["body"])]
    blocks += _deadlines(words, language, order, clocks, zone)
    blocks += _pictures(words, pictures, zone)
    blocks += [Heading(words["receipt"]), Words(words["receipt_line"]), Words(words["officer_line"])]
    footer = Template(words["footer"]).substitute(title=text["title"], case=case["id"])
    return Paper(text["title"], tuple(blocks), footer)


def _deadlines(
    words: Mapping[str, str], language: Language, order: Row, clocks: Iterable[Row], zone: str
) -> Iterable[Block]:
    """Yield the deadlines that the order started, as they stand now: a supervisor may have extended one."""
    why = load_texts()[language].clocks
    told = [clock_of(row) for row in clocks if row["name"] in DEADLINES]
    first = {clock.name: clock for clock in reversed(told) if clock.started_at <= order["sent_at"]}
    rows = tuple((why[name], on_the_wall(first[name].due_at, zone)) for name in DEADLINES if name in first)
    if rows:
        yield Heading(words["deadlines"])
        yield Grid((words["what"], words["until"]), rows, (3, 2))


def _pictures(words: Mapping[str, str], pictures: Sequence[Shown], zone: str) -> Iterable[Block]:
    if not pictures:
        return
    yield Heading(words["pictures"])
    told = tuple(_picture(words, number, shown, zone) for number, shown in enumerate(pictures, 1))
    yield Pictures(told, columns=2 if len(told) <= _BIG else 3)


def _picture(words: Mapping[str, str], number: int, shown: Shown, zone: str) -> Picture:
    event = shown.event
    if shown.content is None:
        return Picture(b"", Template(words["lost"]).substitute(sha256=shown.piece["sha256"]))
    values = {
        "number": number,
        "where": f"{event['camera_name'] or event['camera_id']} · {event['data']['zone']['name']}",
        "when": on_the_wall(event["started_at"], zone),
        "veil": words["blurred" if shown.piece["blurred"] else "unblurred"],
    }
    return Picture(shown.content, Template(words["picture"]).substitute(values))
