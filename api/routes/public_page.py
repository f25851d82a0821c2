"""The page behind the QR code at a kitchen's door: grade with its day, open-kitchen label, no script."""

from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import HTMLResponse

from api.auth.gate import GatedRoute
from api.fields import Slug
from api.routes.public import get_site
from api.services import Wired

router = APIRouter(tags=["public"], route_class=GatedRoute)
WORDS = {
    "zh": {
        "lang": "zh-CN",
        "grade": "食品安全风险等级",
        "none": "尚未评级",
        "on": "评定日期",
        "kitchen": "明厨亮灶",
        "now": "按摄像头当前状况",
        "address": "地址",
        "note": "等级由监管人员评定。本页不收集任何访问信息。",
    },
    "en": {
        "lang": "en",
        "grade": "Food safety risk grade",
        "none": "not graded yet",
        "on": "graded on",
        "kitchen": "Open kitchen",
        "now": "as its cameras are now",
        "address": "Address",
        "note": "A supervisor gives the grade. This page collects nothing about you.",
    },
}


@router.get("/p/{site_id}", summary="A site's page for the public", response_class=HTMLResponse)
def show_page(
    site_id: Slug, services: Wired, response: Response, accept_language: Annotated[str, Header(max_length=512)] = "zh"
) -> HTMLResponse:
    """Return what the public may know of one published site, as a page of some 2 kB without any script."""
    site = get_site(site_id, services, response)
    language = "en" if accept_language.lower().startswith("en") else "zh"
    headers = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language"}
    return HTMLResponse(_page(site, language), headers=headers)


def _page(site: dict[str, Any], language: str) -> str:
    word, kitchen = WORDS[language], site["open_kitchen"]
    told = {name: escape(str(site[name] or "")) for name in ("name", "address", "grade", "graded_on")}
    grade = f'<p class="grade grade-{told["grade"]}">{told["grade"]}</p>' if told["grade"] else f"<p>{word['none']}</p>"
    on = f"<p>{word['on']} {told['graded_on']}</p>" if told["graded_on"] else ""
    address = f"<p>{word['address']}: {told['address']}</p>" if told["address"] else ""
    state = "open" if kitchen["open"] else "closed"
    return f"""<!doctype html>
<html lang="{word["lang"]}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{told["name"]}</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/public.css"></head>
<body><main><h1>{told["name"]}</h1>{address}
<section><h2>{word["grade"]}</h2>{grade}{on}</section>
<section><h2>{word["kitchen"]}</h2><p class="label label-{state}">{escape(kitchen["label"][language])}</p>
<p>{word["now"]}</p></section>
<footer>{word["note"]}</footer></main></body></html>
"""
