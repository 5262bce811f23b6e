"""A web archive: captures of addresses, their index (CDX), the bytes as captured (`id_`) and pages as replayed."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urljoin

from tests.loopback import Answer
from tests.sample_web import apis


class WebArchive:
    """One archive. `prefix` is the beginning of its captures' addresses: http://archive.example/ukgwa/

    `index` is the form of its capture index: see `tests.sample_web.apis.captures`.
    """

    def __init__(self, prefix: str, index: str):
        self.prefix = prefix
        self.index = index
        self._held: dict[tuple[str, str], Answer] = {}

    def keep(self, original: str, stamp: str, answer: Answer) -> str:
        """Hold `answer` as what `original` said at `stamp` (14 digits, UTC). Returns the address of the raw bytes."""
        self._held[original, stamp] = answer
        return self.raw(original, stamp)

    def raw(self, original: str, stamp: str) -> str:
        """The address of a capture's bytes as they were captured."""
        return f"{self.prefix}{stamp}id_/{original}"

    def look_up(self, query: apis.Query) -> Answer:
        """The answer of the capture index to a query."""
        rows = [_row(original, stamp, answer) for (original, stamp), answer in self._held.items()]
        rows.sort(key=lambda row: (row["urlkey"], row["timestamp"]))
        return apis.captures(rows, self.index)(query)

    def replay(self, rest: str) -> Answer | None:
        """`<time>[id_]/<address>` below the prefix; a time that was not captured leads to the nearest that was."""
        match = re.fullmatch(r"(\d{4,14})([a-z]{2}_)?/(.+)", rest)
        if not match:
            return None
        stamp, flag, original = match[1].ljust(14, "0"), match[2] or "", match[3]
        stamps = [when for address, when in self._held if address == original]
        if not stamps:
            return None
        nearest = min(stamps, key=lambda when: abs(int(when) - int(stamp)))
        if nearest != match[1]:
            return Answer(status=302, headers={"Location": f"{self.prefix}{nearest}{flag}/{original}"})
        return self._captured(original, nearest, flag)

    def older_form(self, rest: str) -> Answer | None:
        """`<time>/<address>` at the root of the archive's host, as it was before the prefix, leads to today's form."""
        if re.match(r"\d{14}([a-z]{2}_)?/https?://", rest) and self.replay(rest) is not None:
            return Answer(status=301, headers={"Location": self.prefix + rest})
        return None

    def _captured(self, original: str, stamp: str, flag: str) -> Answer:
        answer = self._held[original, stamp]
        moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        headers = {**answer.headers, "Memento-Datetime": format_datetime(moment, usegmt=True)}
        if "Location" in headers:
            headers["Location"] = f"{self.prefix}{stamp}{flag}/{headers['Location']}"
        body = answer.body
        if flag != "id_" and headers.get("Content-Type", "").startswith("text/html"):
            body = self._rewritten(body, original, stamp)
        return Answer(body, answer.status, headers)

    def _rewritten(self, body: bytes, original: str, stamp: str) -> bytes:
        """A page as an archive shows it: under a banner, its links leading to other captures."""

        def into_archive(link: re.Match[str]) -> str:
            return f'href="{self.prefix}{stamp}/{urljoin(original, link[1])}"'

        banner = '<div id="ukgwa-banner">You are viewing an archived web page. It may not be up to date.</div>'
        text = re.sub(r'href="([^"#][^"]*)"', into_archive, body.decode())
        return text.replace("<body>", f"<body>{banner}", 1).encode()


def _row(original: str, stamp: str, answer: Answer) -> apis.Item:
    return {
        "urlkey": apis.sort_key(original),
        "timestamp": stamp,
        "original": original,
        "mimetype": answer.headers.get("Content-Type", "warc/revisit").split(";")[0],
        "statuscode": str(answer.status),
        "digest": base64.b32encode(hashlib.sha1(answer.body, usedforsecurity=False).digest()).decode(),
        "length": str(len(answer.body)),
    }
