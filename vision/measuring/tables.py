"""Measured figures become the tables of README and cards, between two markers; a test compares them with the JSON."""

from collections.abc import Mapping
from typing import Any

from vision.errors import ConfigError

BEGIN, END = "<!-- accuracy: written by benchmarks/accuracy.py -->", "<!-- /accuracy -->"
Told = Mapping[str, Any]


def replaced(page: str, block: str) -> str:
    """Return the page with the block between its markers; raises ConfigError without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError("page", page[:60], f"the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def pages(results: Told) -> dict[str, str]:
    """Return the block of every page that quotes the results, by its path in the repository."""
    return {
        "README.md": readme_block(results),
        "models/detector/card.md": detector_block(results),
        "models/wear/card.md": wear_block(results, "wear"),
        "models/clothing/card.md": wear_block(results, "clothing"),
    }


def readme_block(results: Told) -> str:
    """Return the README's table: what is asked of the eyes, and what they reach on the test pictures."""
    hat, mask, uniform = results["wear"]["hat"], results["wear"]["mask"], results["clothing"]["uniform"]
    detector, faces = results["detector"], results["faces"]
    rows = [
        ("hat worn or missing: balanced accuracy of the answers", interval(hat["balanced_accuracy"]), "0.970"),
        ("… share answered", interval(hat["coverage"]), "0.950"),
        ("mask worn or missing: balanced accuracy of the answers", interval(mask["balanced_accuracy"]), "0.985"),
        ("… share answered", interval(mask["coverage"]), "0.950"),
        ("mask worn wrongly: recall", interval(mask["recall"]["improper"]), "0.850"),
        ("work or everyday clothes: balanced accuracy of the answers", interval(uniform["balanced_accuracy"]), "0.930"),
        ("… share answered", interval(uniform["coverage"]), "none"),
        ("head on building sites: AP50", interval(detector["head"]["ap50"]), "0.930"),
        ("face with mask state, street: mAP50", interval(faces["ours"]["map50"]), "0.900"),
        *(
            [("… the AIZOO face-mask detector, same pictures", interval(faces["aizoo"]["map50"]), "—")]
            if "aizoo" in faces
            else []
        ),
        *(
            (f"{name}: AP50", interval(detector[name]["ap50"]), "none")
            for name in ("cigarette", "rat", "flame", "smoke")
        ),
    ]
    head = (
        f"Test split, {results['pictures']} pictures; hat, mask and clothes on boxes of at least 24 px; 95 % intervals."
    )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "", "| what | measured | aim |", "| --- | --- | --- |", *lines])


def detector_block(results: Told) -> str:
    """Return the detector card's table."""
    lines = [
        "| class | pictures | objects | AP50 | AP50 without twins | recall | precision | at |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, told in results["detector"].items():
        fresh = told["without_twins"]
        lines.append(
            f"| {name} | {told['pictures']} | {told['objects']} | {interval(told['ap50'])} | {interval(fresh['ap50'])} "
            f"({fresh['objects']}) | {number(told['recall'])} | {number(told['precision'])} | {told['threshold']:.2f} |"
        )
    return "\n".join(lines)


def wear_block(results: Told, model: str) -> str:
    """Return a wear card's tables, item by item."""
    return "\n\n".join(_item(item, told) for item, told in results[model].items())


def _item(item: str, told: Told) -> str:
    recalls = ", ".join(f"{state} {interval(value)}" for state, value in told["recall"].items())
    bins = [(f"{one['from']:.2f} ({one['answers']})", one["right"]) for one in told["calibration"]]
    head = (
        f"{told['heads']} boxes of at least 24 px; answered from {told['answer_above']:.2f} on.\n"
        f"Balanced accuracy of the answers {interval(told['balanced_accuracy'])},\n"
        f"share answered {interval(told['coverage'])}.\nRecall: {recalls}."
    )
    parts = [
        f"### {item}",
        head,
        _confusion(told["confusion"]),
        _row("surest share answered", told["by_coverage"].items()),
        _row("right, of answers with a probability from", bins),
        _row("shrunk to px (boxes): balanced accuracy / share answered", _sizes(told["by_px"])),
    ]
    return "\n\n".join(parts)


def _confusion(table: Told) -> str:
    states = list(table)
    rows = [f"| {true} | {' | '.join(str(given[state]) for state in states)} |" for true, given in table.items()]
    return "\n".join([f"| truth | {' | '.join(states)} |", "| --- " * (len(states) + 1) + "|", *rows])


def _sizes(by_px: Told) -> list[tuple[str, str]]:
    return [
        (f"{px} ({one['heads']})", f"{number(one['balanced_accuracy'])} / {number(one['coverage'])}")
        for px, one in by_px.items()
    ]


def _row(name: str, cells: Any) -> str:
    told = [(key, value if isinstance(value, str) else number(value)) for key, value in cells]
    heads, values = " | ".join(key for key, _ in told), " | ".join(value for _, value in told)
    return f"| {name} | {heads} |\n{'| --- ' * (len(told) + 1)}|\n| | {values} |"


def interval(told: Told) -> str:
    """Return a figure with its interval."""
    if told["value"] is None or told["value"] != told["value"]:  # not a number
        return "—"
    return f"{told['value']:.3f} [{told['low']:.3f}, {told['high']:.3f}]"


def number(value: float | None) -> str:
    """Return a plain figure."""
    return "—" if value is None or value != value else f"{value:.3f}"  # noqa: PLR0124  # not a number
