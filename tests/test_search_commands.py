"""search, show, open and export as people and programs use them."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.home import Home
from crawler.archive import Archive
from indexer.document import Document, Page
from indexer.library import Library
from indexer.text import ESCAPES
from search_cli import screen, tables
from search_cli.main import cli
from search_cli.screen import safe, web_address
from search_cli.session import LAST_SEARCH, LastSearch, SessionError, keep_last, last_search, numbers
from tests.homes import make_home
from tests.papers import paper, put_home

ROOT = Path(__file__).parents[1]
PAPERS = [
    paper("Eye care in the community", "Contents", "How eye care can be commissioned.", name="aaaaaaaaaa01",
          sectors=["mental-health", "integrated-care"]),
    paper("Virtual wards", "Eye care\x1b]8;;http://bad.example\x07 at home.", name="aaaaaaaaaa02", date="",
          file_kind="html", publisher="The King's Fund", host="www.kingsfund.org.uk", source="kings-fund"),
    paper("[red]Board\x1b[31m paper\u202e", "The state of care.", name="bbbbbbbbbb03", date="2019", kind="board-paper",
          host="www.swindonccg.nhs.uk", address="file:///etc/passwd", original="http://www.swindonccg.nhs.uk/b.pdf"),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return put_home(tmp_path / "home", PAPERS)


def run(home: Home, *arguments: str, expect: int | None = 0, **environment: str) -> Result:
    """The command in this process; Failures become exit codes as in `main`. `expect` None takes any."""
    result = CliRunner().invoke(cli, ["--home", str(home.folder), *arguments], env={"COLUMNS": "80", **environment})
    assert expect is None or result.exit_code == expect, result.output
    return result


def test_in_a_pipe_each_hit_is_one_line_and_the_rest_goes_to_standard_error(home: Home) -> None:
    result = run(home, "search", "eye", "care")
    first = result.stdout.splitlines()[0].split("\t")
    assert first == [
        "1", "aaaaaaaaaa01", "2021-03-19", "NHS England", "Eye care in the community", "2",
        "https://www.england.nhs.uk/aaaaaaaaaa01.pdf#page=2",
    ]  # fmt: skip
    assert len(result.stdout.splitlines()) == 2
    assert "read as AND" in result.stderr
    assert "2 documents found among 3, most relevant first." in result.stderr
    assert "Read as: eye AND care" in result.stderr


def test_on_a_terminal_hits_are_numbered_with_passage_link_and_facets(home: Home) -> None:
    result = run(home, "search", '"eye care"', "--facets", FORCE_COLOR="1", NO_COLOR="1")
    lines = ESCAPES.sub("", result.stdout)
    assert "1  Eye care in the community" in lines
    assert "NHS England · 19 March 2021 · Report · Mental health · Integrated" in lines
    assert "p. 2: How eye care can be commissioned." in lines
    assert "https://www.england.nhs.uk/aaaaaaaaaa01.pdf#page=2" in lines
    assert "The King's Fund · n.d. · Report" in lines
    for heading in ("Sector", "Type", "Publisher", "Year"):
        assert heading in lines
    assert "Sector" not in run(home, "search", "eye", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "Sector" in run(home, "search", "care", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "Sector" not in run(home, "search", "care", "--no-facets", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("columns", ["40", "80", "120", "200"])
def test_no_line_but_an_address_is_wider_than_the_terminal(home: Home, columns: str) -> None:
    for arguments in (["search", "year:1900.. or year:nd"], ["search", "care", "zebra"], ["show", "aaaaaaaaaa01"]):
        result = run(home, *arguments, FORCE_COLOR="1", COLUMNS=columns)
        for line in ESCAPES.sub("", result.stdout + result.stderr).splitlines():
            assert len(line) <= int(columns) or "http" in line


def test_addresses_stand_on_one_line_however_narrow_the_terminal_is(home: Home) -> None:
    address = "https://www.england.nhs.uk/aaaaaaaaaa01.pdf#page=2"
    for arguments in (["search", "commissioned"], ["show", "1"]):
        lines = ESCAPES.sub("", run(home, *arguments, FORCE_COLOR="1", COLUMNS="30").stdout).splitlines()
        assert any(line.split()[-1:] == [address] for line in lines)


def test_counts_of_a_facet_are_not_cut_where_there_is_room(home: Home) -> None:
    shown = run(home, "search", "care", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="100").stdout
    assert "Integrated health and social care" in shown
    assert "…" not in shown[shown.index("Sector") :]


def test_nothing_found_and_one_found_are_said_in_words(home: Home) -> None:
    assert "Nothing found among 3 documents." in run(home, "search", "zebra").stderr
    assert "1 document found among 3, most relevant first." in run(home, "search", "commissioned").stderr


def test_filters_alone_sort_newest_first_and_say_so(home: Home) -> None:
    answer = run(home, "search", "year:1900..")
    assert [line.split("\t")[2] for line in answer.stdout.splitlines()] == ["2021-03-19", "2019"]
    assert "found among 3, newest first." in answer.stderr
    assert "filters alone" in answer.stderr
    assert "most relevant first" in run(home, "search", "care year:1900..").stderr
    assert "by title" in run(home, "search", "year:1900..", "--sort", "title").stderr


def test_nothing_that_a_document_holds_steers_the_terminal(home: Home) -> None:
    for arguments in (["search", "care"], ["show", "bbbb"], ["search", "care", "--plain"], ["show", "aaaaaaaaaa02"]):
        output = run(home, *arguments, FORCE_COLOR="1", NO_COLOR="1").stdout
        assert "\x1b[31m" not in output
        assert "bad.example\x07" not in output
        assert "\u202e" not in output
        assert ";file:" not in output
    assert "[red]Board paper" in run(home, "search", "board").stdout


def test_json_says_everything_once(home: Home) -> None:
    answer = json.loads(run(home, "search", '"eye care" and year:2020..', "--json", "--limit", "1").stdout)
    assert answer["schema_version"] == 1
    assert answer["read_as"] == '"eye care" AND year:2020..'
    assert (answer["total"], answer["documents"], answer["files"], answer["pages"]) == (1, 3, 3, 4)
    assert answer["undated_left_out"] == 1
    assert answer["facets"]["year"] == {"2021": 1}
    hit = answer["hits"][0]
    assert (hit["number"], hit["page"], hit["date_precision"]) == (1, 2, "day")
    assert hit["sectors"][1] == {"id": "integrated-care", "heading": "Integrated health and social care"}
    assert hit["files"][0]["state"] == "read"


def test_limit_and_all_say_how_many_hits_are_shown(home: Home) -> None:
    assert len(run(home, "search", "care", "--limit", "1").stdout.splitlines()) == 1
    assert len(run(home, "search", "care", "--all").stdout.splitlines()) == 3
    assert "and 2 more" in run(home, "search", "care", "--limit", "1", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_no_hits_is_no_failure_unless_asked_for(home: Home) -> None:
    assert "holds the word 'zebra'" in run(home, "search", "zebra").stderr
    run(home, "search", "zebra", "--exit-code", expect=1)
    run(home, "search", "care", "--exit-code")


def test_a_query_that_is_not_understood_ends_with_2_and_a_caret(home: Home) -> None:
    result = run(home, "search", "eye, tilte: a plan", expect=2)
    assert "  eye, tilte: a plan\n       ^^^^^^\n" in result.stderr
    assert "Did you mean title:" in result.stderr
    assert "mental-health" in run(home, "search", "sector:mental-helth", expect=2).stderr
    assert 'sector:"Mental health"' not in run(home, "search", 'sector:"Mental health"').stderr


def test_a_refusal_steers_no_terminal_and_keeps_its_caret_in_place(home: Home) -> None:
    result = run(home, "search", "a\x1b[31mb\u202e tilte:eye", expect=2)
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
    assert "  a\ufffd[31mb\ufffd tilte:eye\n" in result.stderr


def test_without_library_or_index_the_mending_command_is_named(tmp_path: Path, home: Home) -> None:
    named = f"commdex --home {home.folder}"
    (tmp_path / "new").mkdir()
    new = Home(tmp_path / "new")
    assert f"commdex --home {new.folder} index" in run(new, "search", "eye", expect=3).stderr
    home.library_file.unlink()
    assert f"{named} update" in run(home, "search", "eye", expect=3).stderr


@pytest.mark.parametrize(
    "arguments",
    [["search", "x"], ["show", "1"], ["open", "1"], ["export", "-o", "x.csv"], ["index"], ["status"], ["update"],
     ["crawl"]],
)  # fmt: skip
def test_a_home_that_is_not_there_is_named_and_not_made(tmp_path: Path, arguments: list[str]) -> None:
    folder = tmp_path / "no such"
    result = run(Home(folder), *arguments, expect=3)
    assert f"There is no Commdex home at {folder} (is --home right?)." in result.stderr
    assert f"commdex --home '{folder}' init --contact you@your.library" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["update", "crawl"])
def test_without_a_contact_nothing_is_made(tmp_path: Path, command: str) -> None:
    result = run(Home(tmp_path), command, expect=3, COMMDEX_CONTACT="")
    assert f"commdex --home {tmp_path} init" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_says_what_is_next_and_which_contact_it_replaced(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert f"Next: commdex --home {home.folder} update" in run(home, "init", "--contact", "a@b.example").stderr
    assert "(it was a@b.example)" in run(home, "init", "--contact", "c@b.example").stderr
    assert "it was" not in run(home, "init", "--contact", "c@b.example").stderr


DAMAGED = {
    "search": ["search", "care"], "show": ["show", "aaaaaaaaaa01"], "sources": ["sources"], "status": ["status"],
    "export": ["export", "care", "--to", "csv", "-o", "-"], "index": ["index"],
}  # fmt: skip


@pytest.mark.parametrize("command", DAMAGED)
@pytest.mark.parametrize("damage", ["no database", "half", "no table", "no text"])
def test_a_damaged_library_is_named_with_what_mends_it(home: Home, command: str, damage: str) -> None:
    with Archive(home.archive_folder, read_only=False):
        pass
    spoil(home.library_file, damage)
    result = run(home, *DAMAGED[command], expect=None)
    if damage == "no text" and result.exit_code == 0:
        return  # it never came upon the one bad value
    assert result.exit_code == 3, result.output
    assert f"delete {home.library_file}, then make it again with: commdex --home {home.folder} index" in result.stderr


@pytest.mark.parametrize("command", ["sources", "status", "index"])
@pytest.mark.parametrize("damage", ["no database", "no table"])
def test_a_damaged_archive_is_named(home: Home, command: str, damage: str) -> None:
    with Archive(home.archive_folder, read_only=False):
        pass
    spoil(home.archive_folder / "archive.db", damage)
    result = run(home, command, expect=3)
    assert f"{home.archive_folder / 'archive.db'}: the archive's database is damaged" in result.stderr
    assert str(home.library_file) not in result.stderr


def spoil(path: Path, damage: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if damage == "no table":
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                db.execute(f"DROP TABLE {table}")
        elif damage == "no text":
            db.execute("UPDATE documents SET record = CAST(x'ff' || record AS TEXT)")
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if damage == "no database":
        path.write_bytes(b"\xff no database" * 1000)
    elif damage == "half":
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize("place", ["archive", "library", "index", "log", "commdex.lock"])
def test_what_stands_in_the_place_of_a_store_is_named(tmp_path: Path, place: str) -> None:
    if place.endswith("lock"):
        (tmp_path / place).mkdir()
    else:
        (tmp_path / place).write_text("mine")
    for arguments in (["search", "x"], ["index"], ["status"], ["sources"]):
        result = run(Home(tmp_path), *arguments, expect=3)
        assert f"{tmp_path / place}: a " in result.stderr


def test_hits_that_the_library_lacks_are_left_out_and_said(home: Home) -> None:
    with Library(home.library_file, read_only=False) as library, library.transaction():
        library.drop_documents(["aaaaaaaaaa01"])
    result = run(home, "search", "care")
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["bbbbbbbbbb03", "aaaaaaaaaa02"]
    assert "1 hit of the index not in the library" in result.stderr
    assert f"commdex --home {home.folder} index" in result.stderr
    assert "2 documents found" in result.stderr
    home.library_file.unlink()
    with Library(home.library_file, read_only=False):
        pass
    result = run(home, "search", "care")
    assert "3 hits of the index not in the library" in result.stderr
    assert "Nothing found among 3 documents." in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["search", "care"], ["search", "care", "--json"], ["show", "aaaaaaaaaa01"], ["sources"],
     ["export", "care", "--to", "jsonl", "-o", "-"]],
)  # fmt: skip
def test_a_reader_that_goes_away_is_no_error_and_a_full_disk_is(home: Home, arguments: list[str]) -> None:
    command = shlex.join([sys.executable, "-m", "search_cli.main", "--home", str(home.folder), *arguments])
    for redirected, code in ((f"{command} | true; exit ${{PIPESTATUS[0]}}", 0), (f"{command} > /dev/full", 3)):
        done = subprocess.run(["bash", "-c", redirected], capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
        assert ("the output cannot be written (No space left on device)" in done.stderr) == (code == 3)


def test_show_says_where_each_value_came_from(home: Home) -> None:
    run(home, "search", '"eye care"')
    shown = run(home, "show", "1").stdout
    for piece in ("Eye care in the community", "cover, 90% sure", "care home ×12", "pdf, 2 pages, read", "p. 2:"):
        assert piece in shown
    values = json.loads(run(home, "show", "aaaaaaaaaa01", "--json").stdout)
    assert values["origins"]["date"] == {"origin": "feed", "sure": 1.0}
    assert values["number"] == 1


def test_show_prints_the_text_of_a_page_or_of_all(home: Home) -> None:
    assert "How eye care can be commissioned." in run(home, "show", "aaaaaaaaaa01", "--page", "2").stdout
    assert "Contents" in run(home, "show", "aaaaaaaaaa01", "--text").stdout
    assert "no text on page 9" in run(home, "show", "aaaaaaaaaa01", "--page", "9", expect=2).stderr


@pytest.mark.parametrize(
    ("which", "says"),
    [("7", "no hit 7"), ("0", "no hit 0"), ("cccc", "begins with 'cccc'"), ("aaaa", "2 documents")],
)
def test_a_number_or_id_that_means_no_document_is_refused(home: Home, which: str, says: str) -> None:
    run(home, "search", "eye")
    assert says in run(home, "show", which, expect=2).stderr


def test_numbers_mean_nothing_before_the_first_search(home: Home) -> None:
    assert "Search first: commdex --home" in run(home, "show", "1", expect=2).stderr


def test_open_leads_to_the_page_that_answers(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[str] = []

    def launch(address: str) -> int:
        launched.append(address)
        return 0

    monkeypatch.setattr("click.launch", launch)
    run(home, "search", "commissioned")
    run(home, "open", "1")
    run(home, "open", "1", "--page", "1")
    assert launched == [f"https://www.england.nhs.uk/aaaaaaaaaa01.pdf#page={page}" for page in (2, 1)]
    assert run(home, "open", "1").stderr.strip() == f"Opening {launched[0]}"
    assert run(home, "open", "1", "--print").stdout.strip() == launched[0]
    assert "no web address" in run(home, "open", "bbbb", expect=2).stderr


def test_open_local_hands_out_a_copy_of_the_kept_original(home: Home) -> None:
    with Archive(home.archive_folder, read_only=False) as archive:
        sha256 = archive.keep(b"%PDF-1.4 kept")
    document, pages = with_original(PAPERS[0], sha256)
    put_document(home, document, pages)
    copy = Path(run(home, "open", "aaaaaaaaaa01", "--local", "--print").stdout.strip())
    assert copy.suffix == ".pdf"
    assert copy.read_bytes() == b"%PDF-1.4 kept"


def with_original(made: tuple[Document, list[Page]], sha256: str) -> tuple[Document, list[Page]]:
    document, pages = made
    return replace(document, files=(replace(document.files[0], sha256=sha256),)), pages


def put_document(home: Home, document: Document, pages: list[Page]) -> None:
    with Library(home.library_file, read_only=False) as library, library.transaction():
        library.keep_document(document, "changed")


@pytest.mark.parametrize("suffix", ["csv", "ris", "jsonl", "html"])
def test_an_export_is_the_whole_last_result_list_in_its_order(home: Home, tmp_path: Path, suffix: str) -> None:
    run(home, "search", "care", "--limit", "1", "--sort", "title")
    target = tmp_path / f"results.{suffix}"
    result = run(home, "export", "-o", str(target))
    body = target.read_text(encoding="utf-8")
    places = [body.index(title) for title in ("Eye care in the", "Board", "Virtual wards")]
    assert places == sorted(places)
    assert "3 of 3 hits, by title" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_export_may_be_of_a_query_of_some_numbers_and_to_standard_output(home: Home) -> None:
    run(home, "search", "care", "--sort", "newest")
    lines = run(home, "export", "--to", "jsonl", "-o", "-", "--only", "3,1").stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [3, 1]
    lines = run(home, "export", "board", "--to", "jsonl", "-o", "-").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["bbbbbbbbbb03"]


def test_an_export_never_overwrites_unasked_and_is_whole_or_not_there(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "results.csv"
    target.write_text("mine")
    assert "--force" in run(home, "export", "care", "-o", str(target), expect=2).stderr
    monkeypatch.setattr("search_cli.exports.csv_file.pages_shown", lambda _: 1 / 0)
    CliRunner().invoke(cli, ["--home", str(home.folder), "export", "care", "-o", str(target), "--force"])
    assert target.read_text() == "mine"
    monkeypatch.undo()
    run(home, "export", "care", "-o", str(target), "--force")
    assert "Virtual wards" in target.read_text(encoding="utf-8-sig")


def test_an_export_without_format_list_or_place_is_refused(home: Home, tmp_path: Path) -> None:
    assert "csv, html, jsonl, ris" in run(home, "export", "care", "-o", "-", expect=2).stderr
    told = "no export format is called xlsx; there are csv, html, jsonl, ris"
    assert told in run(home, "export", "care", "-o", "r.xlsx", expect=2).stderr
    assert told in run(home, "export", "care", "--to", "xlsx", "-o", "-", expect=2).stderr
    assert "search first" in run(home, "export", "-o", str(tmp_path / "x.csv"), expect=2).stderr
    assert "cannot be written" in run(home, "export", "care", "-o", str(tmp_path / "no" / "x.csv"), expect=2).stderr


@pytest.mark.parametrize(
    ("text", "means"),
    [("3", [3]), ("1-3", [1, 2, 3]), ("1-2 8,10", [1, 2, 8, 10]), ("9-", [9, 10]), ("2,1-3", [2, 1, 3])],
)
def test_numbers_name_hits(text: str, means: list[int]) -> None:
    assert numbers(text, 10) == means


@pytest.mark.parametrize("text", ["", "x", "0", "3-1", "11", "1-11", "1--2", "999999999999"])
def test_numbers_that_name_no_hits_are_refused(text: str) -> None:
    with pytest.raises(SessionError):
        numbers(text, 10)


def test_a_damaged_session_says_so_and_a_new_search_mends_it(home: Home) -> None:
    keep_last(home.session_folder, LastSearch("eye", "relevance", ("a",), "2026-11-22T00:00:00Z", 3))
    (home.session_folder / LAST_SEARCH).write_text("{")
    assert "Search again" in run(home, "show", "1", expect=2).stderr
    run(home, "search", "eye")
    assert last_search(home.session_folder) is not None


def test_text_is_made_safe_and_only_web_addresses_become_links() -> None:
    assert safe("a\x1b[31mb\x1b]0;title\x07c\u202ed\n e\x00\x9b1mf") == "abcd e f"
    assert web_address("https://nhs.uk/a b#page=2") == "https://nhs.uk/a%20b#page=2"
    for address in ("javascript:alert(1)", "file:///etc/passwd", "", "http:", "https://[", "nhs.uk"):
        assert web_address(address) == ""


def test_tables_on_a_terminal_cut_addresses_in_the_middle_and_show_times_as_people_write_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"https://www.england.nhs.uk/{'a' * 90}/plan.pdf"
    rows = [("nhs-england", "2026-11-02T03:47:26Z", address)]
    tables.show(("source", "started", "address"), rows)
    assert capsys.readouterr().out == f"source\tstarted\taddress\nnhs-england\t2026-11-02T03:47:26Z\t{address}\n"
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "90"}.items():
        monkeypatch.setenv(name, value)
    screen._shared.cache_clear()
    tables.show(("source", "started", "address"), rows)
    screen._shared.cache_clear()
    shown = ESCAPES.sub("", capsys.readouterr().out).splitlines()
    assert len(shown) == 3
    assert "2 Nov 2026 03:47" in shown[2]
    assert "https://www.england" in shown[2]
    assert shown[2].rstrip().endswith("plan.pdf")
    assert "…" in shown[2]


def test_a_narrow_table_leaves_columns_out_and_never_cuts_what_is_typed(tmp_path: Path) -> None:
    name = "icb-leicester-leicestershire-and-rutland"
    home = make_home(tmp_path / "home", [{"id": name, "mechanism": "fixed", "start": ["https://nhs.uk/a.pdf"]}])
    narrow = run(home, "sources", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="80")
    line = next(line for line in narrow.stdout.splitlines() if name in line)
    assert line.split() == [name, "fixed", "0", "never"]
    assert "Left out for want of room: last harvest, publisher" in narrow.stderr
    wide = run(home, "sources", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="120")
    assert "Last harvest" in wide.stdout
    assert "Left out" not in wide.stderr


def test_sources_on_a_terminal_name_their_publishers(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [{"id": "one", "mechanism": "fixed", "start": ["https://nhs.uk/a.pdf"]}])
    shown = ESCAPES.sub("", run(home, "sources", FORCE_COLOR="1", NO_COLOR="1").stdout).splitlines()
    assert shown[0].split() == ["Id", "Publisher", "Mechanism", "Documents", "Last", "harvest", "State"]
    assert shown[2].split() == ["one", "A", "publisher", "fixed", "0", "never"]
    piped = run(home, "sources").stdout.splitlines()
    assert piped[0].split("\t") == ["id", "mechanism", "status", "documents", "last harvest", "state"]
