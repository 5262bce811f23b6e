"""The one error of the query language: what is wrong, where, and what to write instead."""

from __future__ import annotations


class QueryError(Exception):
    """A query that cannot be understood or answered.

    `position` and `length` mark the place in `text`, in characters; `suggestion` may be empty.
    """

    def __init__(self, message: str, text: str, position: int, length: int = 1, suggestion: str = ""):
        super().__init__(message)
        self.message = message
        self.text = text
        self.position = min(position, len(text))
        self.length = max(1, length)
        self.suggestion = suggestion

    def caret(self, width: int = 76) -> str:
        """The line of the query with a caret under the place; a long query is cut around it."""
        shown = "".join(" " if letter.isspace() else letter for letter in self.text)
        start = max(0, self.position - width * 2 // 3) if len(shown) > width else 0
        piece = shown[start : start + width]
        marks = "^" * min(self.length, max(1, len(piece) - (self.position - start)))
        lead = "…" if start else ""
        tail = "…" if start + width < len(shown) else ""
        return f"  {lead}{piece}{tail}\n  {' ' * (len(lead) + self.position - start)}{marks}"

    def __str__(self) -> str:
        lines = [self.message, self.caret()]
        if self.suggestion:
            lines.append(self.suggestion)
        return "\n".join(lines)
