"""The table of a web: what each address answers, the documents that a good harvest brings, how the rest must end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.apis import Api
from tests.sample_web.captures import WebArchive

Resolver = Callable[[str], Answer | None]
SAFE = "/:@!$&'()*+,;=~"


@dataclass(frozen=True)
class Truth:
    """A document that a good harvest brings.

    `address` is what to ask for: the same as `url`, unless the document is a capture in a web archive. `readable` is
    false where the file is damaged. `landing` is empty where nothing leads to the file.
    """

    source: str
    mechanism: str
    url: str
    address: str
    landing: str
    title: str
    date: str
    host: str
    kind: str
    sha256: str
    readable: bool = True


@dataclass(frozen=True)
class Expected:
    """How an address that is no document must end for a source.

    `outcome` is the outcome that the archive must record (crawler.archive.Outcome), "" where a good harvest never asks
    for the address at all. Such an address need not answer.
    """

    source: str
    address: str
    outcome: str
    why: str


@dataclass
class Web:
    """Addresses and their answers. `apis` answer one address for any query; `resolvers` any address under a prefix.

    `first` holds what an address answers before it answers as `pages` has it, one request each.
    """

    pages: dict[str, Answer] = field(default_factory=dict)
    apis: dict[str, Api] = field(default_factory=dict)
    resolvers: dict[str, Resolver] = field(default_factory=dict)
    first: dict[str, list[Answer]] = field(default_factory=dict)
    archives: dict[str, WebArchive] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    truth: list[Truth] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)

    def put(self, url: str, body: bytes | str, content_type: str, headers: Mapping[str, str] | None = None) -> str:
        """Answer `url` with 200 and this body. Returns `url`."""
        raw = body.encode() if isinstance(body, str) else body
        return self.answer(url, Answer(raw, headers={"Content-Type": content_type, **(headers or {})}))

    def answer(self, url: str, answer: Answer) -> str:
        key = normal(url)
        self.pages[key] = answer
        self.hosts.add(urlsplit(key).netloc)
        return url

    def archive(self, prefix: str, index: str = "array") -> WebArchive:
        """The web archive with this prefix, made where there is none yet: its captures, index, older form, robots.txt.

        `prefix` is the beginning of its captures' addresses; `index` is the form of its capture index.
        """
        if prefix not in self.archives:
            made = self.archives[prefix] = WebArchive(prefix, index)
            root = "/".join(prefix.split("/")[:3])
            self.apis[f"{prefix}cdx"] = made.look_up
            self.resolvers[prefix] = made.replay
            self.resolvers[f"{root}/"] = made.older_form
            self.put(f"{root}/robots.txt", pages.ROBOTS, "text/plain")
        return self.archives[prefix]

    def find(self, url: str) -> Answer:
        """What this web answers, `first` aside: 404 for a path that a host lacks, 502 for a host that is not here."""
        key = normal(url)
        if found := self.pages.get(key):
            return found
        bare, _, query = key.partition("?")
        if api := self.apis.get(bare):
            return api(parse_qs(query, keep_blank_values=True))
        for prefix, resolve in self.resolvers.items():
            if key.startswith(prefix) and (found := resolve(key.removeprefix(prefix))):
                return found
        known = urlsplit(key).netloc in self.hosts
        text = "no such page" if known else "no such host"
        return Answer(f"{text}: {key}\n".encode(), 404 if known else 502, {"Content-Type": "text/plain; charset=utf-8"})

    def body(self, url: str) -> bytes:
        """The bytes behind an address that answers 200. Raises KeyError when there are none."""
        found = self.find(url)
        if found.status != 200:
            raise KeyError(url)
        return found.body


def normal(url: str) -> str:
    """One form for each address: host in lower case and without port 80, the path escaped in one way."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port not in (None, 80):
        host += f":{parts.port}"
    path = quote(unquote(parts.path or "/"), safe=SAFE)
    return f"{parts.scheme.lower()}://{host}{path}" + (f"?{parts.query}" if parts.query else "")


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
