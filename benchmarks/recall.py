"""How much of a known web a home holds: recall by host, findability by title, titles and dates.

    python benchmarks/recall.py HOME TRUTH.jsonl [--log REQUESTS.jsonl] [--without HOST ...]

TRUTH has one document a line (url, title, date, sha256, host), as a capture's truth.jsonl does. With the request log of
the replay it also says whether robots.txt came first on every host and whether anything under /private/ was asked for.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.home import find_home
from indexer.document import Document
from indexer.library import Library
from indexer.words import words
from search_cli.engine import Engine
from search_cli.query.parse import parse


def main() -> None:
    arguments = _arguments()
    truth = [json.loads(line) for line in arguments.truth.read_text(encoding="utf-8").splitlines() if line.strip()]
    truth = [row for row in truth if urlsplit(row["host"]).netloc not in arguments.without]
    home = find_home(arguments.home)
    with Library(home.library_file) as library:
        documents = library.documents(library.ids())
    _report(truth, documents, Engine(home.index_folder))
    if arguments.log:
        _report_requests(arguments.log)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="hosts that were not harvested")
    return parser.parse_args()


def _report(truth: list[dict[str, Any]], documents: list[Document], engine: Engine) -> None:
    held = {file.sha256: document for document in documents for file in document.files}
    hosts: Counter[str] = Counter()
    got: Counter[str] = Counter()
    found = titles = dates = dated = 0
    for row in truth:
        host = urlsplit(row["host"]).netloc
        hosts[host] += 1
        document = held.get(row["sha256"])
        if document is None:
            print(f"missing: {row['url']}")
            continue
        got[host] += 1
        by_title = engine.search(parse(" ".join(f'"{word}"' for word in _words(row["title"])))).ids
        if document.id in by_title:
            found += 1
        else:
            print(f"not found by its title: {row['title']!r} ({document.title.value!r})")
        titles += _words(document.title.value) == _words(row["title"])
        if row["date"]:
            dated += 1
            dates += bool(document.date.value) and row["date"].startswith(document.date.value)
    for host, count in sorted(hosts.items()):
        print(f"{host:40} {got[host]:4} of {count:4}")
    total = len(truth)
    recalled = sum(got.values())
    print(f"recall {recalled}/{total} = {recalled / total:.3f}; library {len(documents)} documents")
    print(f"found by title {found}/{total}; title the same {titles}/{total}; date right {dates}/{dated}")


def _report_requests(log: Path) -> None:
    requests = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    first: dict[str, str] = {}
    for request in requests:
        parts = urlsplit(request["url"])
        first.setdefault(parts.netloc, parts.path)
    late = [host for host, path in first.items() if path != "/robots.txt"]
    private = [request["url"] for request in requests if "/private/" in request["url"]]
    statuses = Counter(str(request["status"]) for request in requests)
    print(f"requests {len(requests)} ({dict(statuses)}), bytes {sum(request['bytes'] for request in requests):,}; "
          f"hosts where robots.txt was not first: {late or 'none'}; under /private/: {private or 'none'}")  # fmt: skip


def _words(text: str) -> list[str]:
    return [word.form for word in words(text)]


if __name__ == "__main__":
    main()
