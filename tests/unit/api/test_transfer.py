"""Places in bulk: tables in and out, every wrong cell named by row and field, and nothing kept of a refused file."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from api.commands import register
from api.places import looking, sheets
from api.shell import out
from api.store.schema import audit, cameras, events, regions, sites, users
from tests.unit.api.world import World, errors_of, event_id, message

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SITES = "id,name,region,licence_expires_on,contacts,weekdays,opens,holidays,area_m2\n"
PEOPLE = "principal:张三:13800005678; officer:李四:010-6655 4433"
GOOD = f"s1,一号店,north,2027-01-31,{PEOPLE},1-5,09:30,2027-02-01;2027-02-02,120\n"


async def sent(
    world: World, body: bytes | str, who: str = "admin-north", kind: str = "text/csv", **terms: Any
) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    async with world.person(who) as person:
        return await person.post("/v1/imports", params=terms, content=content, headers={"Content-Type": kind})


def workbook(**tables: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def row_of(world: World, table: Any, which: str) -> dict[str, Any]:
    return next(row for row in world.rows(table) if row["id"] == which)


async def test_a_table_of_sites_is_taken_in_whole(world: World) -> None:
    answer = await sent(world, SITES + GOOD, table="sites")
    assert answer.json() == {
        "kept": True,
        "tables": {"sites": {"added": 1, "changed": 0, "unchanged": 0}},
        "error_count": 0,
        "errors": [],
    }
    row = row_of(world, sites, "s1")
    assert (row["name"], row["licence_expires_on"].isoformat(), row["area_m2"]) == ("一号店", "2027-01-31", 120)
    assert row["hours"] == {"opens": "09:30", "closes": "24:00", "weekdays": [1, 2, 3, 4, 5]}
    assert row["holidays"] == ["2027-02-01", "2027-02-02"]
    assert [each["phone"] for each in row["contacts"]] == ["13800005678", "010-6655 4433"]
    assert [each["action"] for each in world.rows(audit)] == ["places.imported"]
    again = await sent(world, SITES + GOOD, table="sites")
    assert again.json()["tables"]["sites"] == {"added": 0, "changed": 0, "unchanged": 1}
    assert row_of(world, sites, "s1")["version"] == 1


async def test_only_the_columns_of_the_file_are_changed(world: World) -> None:
    await sent(world, SITES + GOOD, table="sites")
    changed = await sent(world, "id,name,closes\ns1,二号店,22:00\n", table="sites")
    assert changed.json()["tables"]["sites"]["changed"] == 1
    row = row_of(world, sites, "s1")
    assert (row["name"], row["area_m2"], row["version"]) == ("二号店", 120, 2)
    assert row["hours"] == {"opens": "09:30", "closes": "22:00", "weekdays": [1, 2, 3, 4, 5]}
    assert row["contacts"][0]["phone"] == "13800005678"


WRONG = [
    ("s2,,north,,,,,,", "name"),
    ("s/2,x,north,,,,,,", "id"),
    ("s2,x,south,,,,,,", "region"),
    ("s2,x,nowhere,,,,,,", "region"),
    ("s2,x,north,2027-13-01,,,,,", "licence_expires_on"),
    ("s2,x,north,1802-01-01,,,,,", "licence_expires_on"),
    ("s2,x,north,,chef:x:123,,,,", "contacts"),
    ("s2,x,north,,just call me,,,,", "contacts"),
    ("s2,x,north,,principal:x:139****1111,,,,", "contacts"),
    ("s2,x,north,,,8,,,", "weekdays"),
    ("s2,x,north,,,,25:00,,", "opens"),
    ("s2,x,north,,,,,soon,", "holidays"),
    ("s2,x,north,,,,,,many", "area_m2"),
    ("s1,x,north,,,,,,", "id"),
    ("south-site,x,north,,,,,,", "id"),
]


@pytest.mark.parametrize(("line", "field"), WRONG)
async def test_a_wrong_cell_is_named_and_nothing_is_kept(world: World, line: str, field: str) -> None:
    before = world.rows(sites)
    answer = await sent(world, f"{SITES}{GOOD}{line}\n", table="sites")
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["table"], error["row"], error["field"]) == ("sites", 3, field), error
    assert error["allowed"]
    assert "139****1111" not in answer.text
    assert world.rows(sites) == before
    assert world.rows(audit) == []


async def test_every_wrong_cell_of_every_row_is_told(world: World) -> None:
    lines = [line.replace("s2", f"s{number}", 1) for number, (line, _) in enumerate(WRONG[:-2], 2)]
    answer = await sent(world, SITES + "".join(f"{line}\n" for line in lines), table="sites")
    told = [(error["row"], error["field"]) for error in answer.json()["errors"]]
    assert told == [(number, field) for number, (_, field) in enumerate(WRONG[:-2], 2)]
    both = await sent(world, SITES + "s9,,north,soon,,,,,\n", table="sites")
    assert {error["field"] for error in both.json()["errors"]} == {"name", "licence_expires_on"}


async def test_good_rows_are_kept_if_asked(world: World) -> None:
    answer = await sent(world, f"{SITES}{GOOD}{WRONG[0][0]}\n", table="sites", keep="good")
    assert (answer.status_code, answer.json()["kept"], answer.json()["error_count"]) == (200, True, 1)
    assert answer.json()["errors"][0]["row"] == 3
    assert row_of(world, sites, "s1")


async def test_a_dry_run_keeps_nothing(world: World) -> None:
    answer = await sent(world, SITES + GOOD, table="sites", dry_run=True)
    assert (answer.json()["kept"], answer.json()["tables"]["sites"]["added"]) == (False, 1)
    assert len(world.rows(sites)) == 2


async def test_a_workbook_brings_a_whole_district_in_any_order_of_its_regions(world: World) -> None:
    book = workbook(
        cameras=[
            ["编号", "单位编号", "视频地址", "区域划分", "启用"],
            ["c1", "s1", "rtsp://a:b@8.8.8.8/1", "板:special_room:0.1,0.1 0.5,0.1 0.5,0.5; 灶:cooking", "是"],
            ["c2", "s1", None, "main:storage", False],
        ],
        sites=[["id", "name", "region", "area_m2"], ["s1", 7, "street", 120.0]],
        regions=[
            ["编号", "名称", "上级", "级别"],
            ["street", "街道", "quarter", "station"],
            ["quarter", "区", "north", "district"],
        ],
    )
    answer = await sent(world, book, kind=XLSX)
    assert answer.status_code == 200, answer.text
    assert {name: each["added"] for name, each in answer.json()["tables"].items()} == {
        "regions": 2,
        "sites": 1,
        "cameras": 2,
    }
    assert row_of(world, regions, "street")["path"] == "/north/quarter/street/"
    first, second = row_of(world, cameras, "c1"), row_of(world, cameras, "c2")
    assert first["zones"][0] == {"name": "板", "type": "special_room", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
    assert (first["source"], first["enabled"], second["enabled"]) == ("rtsp://a:b@8.8.8.8/1", True, False)
    assert row_of(world, sites, "s1")["name"] == "7"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("c1,nowhere,rtsp://8.8.8.8/1,", "site"),
        ("c1,south-site,rtsp://8.8.8.8/1,", "site"),
        ("south-camera,north-site,rtsp://8.8.8.8/1,", "id"),
        ("c1,north-site,rtsp://127.0.0.1/1,", "source"),
        ("c1,north-site,file:///etc/passwd,", "source"),
        ("c1,north-site,rtsp://***@8.8.8.8/1,", "source"),
        ("c1,north-site,rtsp://8.8.8.8/1,main:kitchen", "zones"),
        ('c1,north-site,rtsp://8.8.8.8/1,"main:cooking:0,0 1,1"', "zones"),
        ('c1,north-site,rtsp://8.8.8.8/1,"main:cooking:0,0 1"', "zones"),
    ],
)
async def test_a_wrong_camera_is_named_without_its_password(world: World, line: str, field: str) -> None:
    answer = await sent(world, f"id,site,source,zones\n{line.replace('//', '//u:geheim@', 1)}\n", table="cameras")
    if "***@" in line:
        answer = await sent(world, f"id,site,source,zones\n{line}\n", table="cameras")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "geheim" not in answer.text


async def test_an_export_is_an_import_that_changes_nothing(world: World) -> None:
    await sent(world, SITES + GOOD + "s2,=1+1,north,,,,,,\n", table="sites")
    before = [world.rows(table) for table in (regions, sites, cameras)]
    async with world.person("admin-north") as admin:
        for wanted in ({"language": "zh"}, {}):
            file = await admin.get("/v1/exports", params=wanted)
            assert file.headers["Content-Disposition"].startswith("attachment")
            answer = await sent(world, file.content, kind=XLSX)
            assert {name: each["unchanged"] for name, each in answer.json()["tables"].items()} == {
                "regions": 1,
                "sites": 3,
                "cameras": 1,
            }, answer.text
        book = load_workbook(io.BytesIO(file.content))
        assert [cell.data_type for cell in book["sites"]["B"] if cell.value == "=1+1"] == ["s"], "text, no formula"
        table = await admin.get("/v1/exports", params={"table": "sites", "format": "csv"})
        assert table.content.startswith(b"\xef\xbb\xbf")
        assert "'=1+1" in table.text
        told = await sent(world, table.content, table="sites")
        assert told.json()["tables"]["sites"]["unchanged"] == 3
        assert (await admin.get("/v1/exports", params={"format": "csv"})).status_code == 422
    assert [world.rows(table) for table in (regions, sites, cameras)] == before
    assert list(world.services.incoming.iterdir()) == []


async def test_secrets_do_not_leave_with_an_export(world: World) -> None:
    await sent(world, SITES + GOOD, table="sites")
    async with world.person("analyst-north") as analyst:
        told = await analyst.get("/v1/exports", params={"table": "sites", "format": "csv"})
        seen = await analyst.get("/v1/exports", params={"table": "cameras", "format": "csv"})
    assert "13800005678" not in told.text
    assert "138****5678" in told.text
    assert "secret" not in seen.text
    assert "south" not in told.text + seen.text


async def test_a_site_that_moves_by_a_table_takes_its_people_and_its_events_along(world: World) -> None:
    async with world.key("events:write") as box:
        await box.put(f"/v1/events/{event_id('earlier')}", json=message("earlier"))
    book = workbook(
        regions=[["id", "name", "parent"], ["inner", "Inner", "north"]],
        sites=[["id", "name", "region"], ["north-site", "north site", "inner"]],
    )
    assert (await sent(world, book, kind=XLSX)).status_code == 200
    assert row_of(world, users, "kitchen-north")["region_id"] == "inner"
    assert row_of(world, events, event_id("earlier"))["region_id"] == "inner"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "sites, heading"),
        (b"\xff\xfe\x00\x01", "file"),
        (b"id,name,colour\n", "sites, heading"),
        (b"id,name,id\n", "sites, heading"),
        (b'id,name\n"s1,x\n', "file"),
        (b"PK\x03\x04 and nothing more", "sites, heading"),
        (",".join(["name"] * 65).encode(), "columns"),
    ],
)
async def test_a_file_that_is_no_table_is_refused_as_a_whole(world: World, body: bytes, field: str) -> None:
    answer = await sent(world, body, table="sites")
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, field), answer.text


async def test_a_workbook_that_is_none_or_a_bomb_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hollow = io.BytesIO()
    with zipfile.ZipFile(hollow, "w") as archive:
        archive.writestr("a.txt", "b")
    assert errors_of(await sent(world, hollow.getvalue(), kind=XLSX))[0]["field"] == "file"
    strange = await sent(world, workbook(a=[["id"]], b=[["id"]]), kind=XLSX)
    assert errors_of(strange)[0]["field"] == "sheets"
    monkeypatch.setattr(looking, "MOST_UNPACKED_BYTES", 1000)
    assert "unpacked" in (await sent(world, workbook(sites=[["id"]]), kind=XLSX)).text
    monkeypatch.setattr(sheets, "MOST_ROWS", 1)
    assert errors_of(await sent(world, SITES + GOOD + GOOD, table="sites"))[0]["field"] == "rows"


async def test_excel_s_chinese_csv_is_read(world: World) -> None:
    text = "编号;名称;区域\ns1;红旗路店;north\n"
    assert (await sent(world, text.encode("gb18030"), table="sites")).status_code == 200
    assert row_of(world, sites, "s1")["name"] == "红旗路店"


async def test_regions_are_added_by_who_builds_the_tree(world: World) -> None:
    async with world.key("sites:write") as key:
        answer = await key.post(
            "/v1/imports?table=regions", content="id,name,parent\nx,X,north\n", headers={"Content-Type": "text/csv"}
        )
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, "regions")
    circle = await sent(world, "id,name,parent\na,A,b\nb,B,a\nc,C,north\n", table="regions", keep="good")
    assert [error["field"] for error in circle.json()["errors"]] == ["parent", "parent"]
    assert circle.json()["tables"]["regions"]["added"] == 1
    low = await sent(world, "id,name,parent,level\np,P,c,station\nq,Q,p,city\n", table="regions")
    assert [(error["row"], error["field"]) for error in low.json()["errors"]] == [(3, "level")]


def test_a_report_can_be_opened_in_a_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGCHU_DATA_DIR", str(tmp_path))
    app = typer.Typer()
    register(app)
    table, report, export = tmp_path / "t.csv", tmp_path / "report.csv", tmp_path / "out.xlsx"
    table.write_text("id,name\ns1,One\ns2,\n", encoding="utf-8")
    with out.capture() as printed:
        refused = CliRunner().invoke(app, ["site", "import", str(table), "--report", str(report)])
    assert (refused.exit_code, "nothing was kept" in printed.get()) == (1, True)
    assert [row["field"] for row in csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines())] == ["name"]
    assert CliRunner().invoke(app, ["site", "import", str(table), "--keep", "good"]).exit_code == 1
    assert CliRunner().invoke(app, ["site", "export", str(export)]).exit_code == 0
    assert [cell.value for cell in load_workbook(export)["sites"]["A"]] == ["id", "s1"]
