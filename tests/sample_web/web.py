"""The table of a web: what each address answers, and the documents that a good harvest of it brings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.loopback import Answer

Query = Mapping[str, list[str]]
Api = Callable[[Query], Answer]
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


@dataclass
class Web:
    """Addresses and their answers. `apis` answer one address for any query; `resolvers` any address under a prefix."""

    pages: dict[str, Answer] = field(default_factory=dict)
    apis: dict[str, Api] = field(default_factory=dict)
    resolvers: dict[str, Resolver] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    truth: list[Truth] = field(default_factory=list)

    def put(self, url: str, body: bytes | str, content_type: str, headers: Mapping[str, str] | None = None) -> str:
        """Answer `url` with 200 and this body. Returns `url`."""
        raw = body.encode() if isinstance(body, str) else body
        return self.answer(url, Answer(raw, headers={"Content-Type": content_type, **(headers or {})}))

    def answer(self, url: str, answer: Answer) -> str:
        key = normal(url)
        self.pages[key] = answer
        self.hosts.add(urlsplit(key).netloc)
        return url

    def find(self, url: str) -> Answer:
        """What this web answers: 502 for a host that it does not know, as a failed look-up does; 404 for a path."""
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
