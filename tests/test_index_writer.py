"""The write door: what commits leave behind, whatever happens between them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from indexer import engine as door
from indexer.engine import STAMP, IndexUnusable, IndexWriter, hosts_of, index_state, reset_index
from search_cli.engine import Engine
from search_cli.query.parse import parse
from tests.papers import Paper, paper, put_index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reset_index(tmp_path / "index")
    return tmp_path / "index"


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.is_file()}


def some(count: int, word: str = "care") -> list[Paper]:
    return [paper(f"Paper {number}", f"{word} text {number}", name=f"{number:012x}") for number in range(count)]


def found(folder: Path, text: str) -> list[str]:
    return sorted(Engine(folder).search(parse(text)).ids)


def test_a_commit_gives_the_ids_that_it_made_durable(folder: Path) -> None:
    assert list(IndexWriter(folder).write(some(3), [])) == [[f"{number:012x}" for number in range(3)]]
    assert index_state(folder) == door.IndexState("good", 3, "")
    assert IndexWriter(folder).ids() == {f"{number:012x}" for number in range(3)}


def test_with_nothing_to_write_no_file_is_touched(folder: Path) -> None:
    list(IndexWriter(folder).write(some(3), []))
    before = files(folder)
    assert list(IndexWriter(folder).write([], [])) == []
    assert files(folder) == before


def test_a_document_written_again_replaces_its_former_state(folder: Path) -> None:
    list(IndexWriter(folder).write(some(3), []))
    list(IndexWriter(folder).write(some(1, "changed"), []))
    assert found(folder, "changed") == ["000000000000"]
    assert found(folder, "care") == ["000000000001", "000000000002"]


def test_a_document_given_twice_in_one_run_is_kept_once_and_the_last_wins(folder: Path) -> None:
    list(IndexWriter(folder).write([*some(2, "first"), *some(2, "second")], []))
    assert index_state(folder).documents == 2
    assert found(folder, "first") == []
    assert len(found(folder, "second")) == 2


def test_removed_documents_are_found_no_more(folder: Path) -> None:
    list(IndexWriter(folder).write(some(3), []))
    assert list(IndexWriter(folder).write([], ["000000000001", "not-there"])) == [[]]
    assert found(folder, "care") == ["000000000000", "000000000002"]


def test_much_text_is_committed_in_several_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "COMMIT_EVERY", 20)
    commits = list(IndexWriter(folder).write(some(5), []))
    assert [len(ids) for ids in commits] == [2, 2, 1]
    assert len(found(folder, "care")) == 5


def test_many_additions_leave_few_segments_and_every_document(folder: Path) -> None:
    for each in some(30):
        list(IndexWriter(folder).write([each], []))
    assert len(found(folder, "care")) == 30
    segments = [path for path in folder.iterdir() if path.suffix == ".seg"]
    assert len(segments) <= door.MOST_SEGMENTS


def test_a_write_that_fails_releases_the_lock_and_keeps_what_was_there(folder: Path) -> None:
    list(IndexWriter(folder).write(some(2), []))

    def breaking() -> Iterator[Paper]:
        yield paper("New", "care", name="ffffffffffff")
        raise RuntimeError("the library broke")

    with pytest.raises(RuntimeError, match="the library broke"):
        list(IndexWriter(folder).write(breaking(), []))
    assert len(found(folder, "care")) == 2
    list(IndexWriter(folder).write(some(3), []))
    assert len(found(folder, "care")) == 3


def test_the_state_of_an_index_is_told(folder: Path, tmp_path: Path) -> None:
    assert index_state(tmp_path / "nowhere").kind == "missing"
    assert index_state(folder).kind == "good"
    (folder / STAMP).write_text('{"version": 0}')
    assert index_state(folder).kind == "other version"
    with pytest.raises(IndexUnusable, match="commdex index"):
        IndexWriter(folder)
    (folder / STAMP).write_text("{")
    assert index_state(folder).kind == "damaged"
    reset_index(folder)
    assert index_state(folder) == door.IndexState("good", 0, "")


@pytest.mark.parametrize("damage", ["cut", "garbage", "gone"])
@pytest.mark.parametrize("suffix", [".toc", ".seg"])
def test_a_damaged_index_is_told_by_its_state_or_by_the_search_and_never_crashes(
    folder: Path, damage: str, suffix: str
) -> None:
    list(IndexWriter(folder).write(some(20), []))
    path = next(path for path in folder.iterdir() if path.suffix == suffix)
    body = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(body[: len(body) // 2] if damage == "cut" else b"\x80garbage" * (len(body) // 8))
    assert index_state(folder).kind == "damaged"
    with pytest.raises(IndexUnusable, match="commdex index"):
        Engine(folder).search(parse("care"))


def test_bytes_changed_anywhere_end_in_an_answer_or_in_a_message(folder: Path) -> None:
    list(IndexWriter(folder).write(some(20), []))
    path = next(path for path in folder.iterdir() if path.suffix == ".seg")
    body = path.read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        changed = bytearray(body)
        changed[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        index_state(folder)
        with suppress(IndexUnusable):
            Engine(folder).search(parse('"care text" or paper*'))


def test_postings_without_their_tag_are_damage_too(folder: Path) -> None:
    list(IndexWriter(folder).write(some(20), []))
    path = next(path for path in folder.iterdir() if path.suffix == ".seg")
    body = path.read_bytes()
    assert b"W3Bl" in body  # the tag of a block of postings; without it Whoosh raises Exception itself
    path.write_bytes(body.replace(b"W3Bl", b"XXXX"))
    with pytest.raises(IndexUnusable, match="commdex index"):
        Engine(folder).search(parse("care"))


def test_hosts_are_the_original_ones_for_copies_in_an_archive() -> None:
    archived, _ = paper("Old", host="www.swindonccg.nhs.uk", address="https://webarchive.example/2014/x.pdf",
                        original="http://www.swindonccg.nhs.uk/x.pdf")  # fmt: skip
    assert hosts_of(archived) == ["www.swindonccg.nhs.uk"]


WRITING = """
import sys
from pathlib import Path
from indexer import engine
from tests.papers import paper
engine.COMMIT_EVERY = 2000
papers = [paper(f"Paper {n}", f"care text {n} " * 20, name=f"{n:012x}") for n in range(60)]
print("ready", flush=True)
for ids in engine.IndexWriter(Path(sys.argv[1])).write(papers, []):
    print(len(ids), flush=True)
"""


def test_after_a_kill_at_any_moment_the_same_write_ends_in_the_same_index(folder: Path) -> None:
    papers = [paper(f"Paper {n}", f"care text {n} " * 20, name=f"{n:012x}") for n in range(60)]
    chance = random.Random(3)
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITING, str(folder)], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, 0.4))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert index_state(folder).kind == "good"
    for _ in IndexWriter(folder).write(papers, []):
        pass
    assert index_state(folder).documents == 60
    assert found(folder, "care") == [document.id for document, _ in papers]
    leftovers = [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]
    assert leftovers == []


def test_one_word_of_any_length_does_no_harm(folder: Path) -> None:
    put_index(folder, [paper("Long", "x" * 200_000 + " care", name="aaaaaaaaaaaa")])
    assert found(folder, "care and " + "x" * 200) == ["aaaaaaaaaaaa"]
