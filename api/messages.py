"""Texts for people, Persian and English, by stable code; read once from ``templates/messages``.

An error or reason that has no text of its own still gets one: a missing translation must never
turn an answer into a fault of ours.
"""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from clearance.errors import MohrError
from clearance.verdict import Outcome, Reason

_NO_TEXT = "error.without_text"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One text in both languages."""

    fa: str
    en: str


def error_text(error: MohrError) -> Message:
    """Answer the text of an error, its placeholders filled from the error's parameters."""
    texts = _texts("errors")
    if error.code in texts:
        return _message(texts[error.code], error.parameters)
    return _message(texts[_NO_TEXT], {"code": error.code})


def reason_text(reason: Reason, parameters: Mapping[str, str] | None = None) -> Message:
    """Answer the text of a reason code."""
    texts = _texts("reasons")
    if reason.value in texts:
        return _message(texts[reason.value], parameters or {})
    return Message(fa=reason.value, en=reason.value)


def outcome_text(outcome: Outcome) -> Message:
    """Answer what an outcome says of a file, in one sentence."""
    return page_text("outcomes", outcome, "file", "heading")


def page_text(document: str, *path: str) -> Message:
    """Answer a text of the result page, such as ``("outcomes", "authentic", "word")``.

    Raises ``KeyError`` for a text that is not there, which is a programming mistake.
    """
    found: Any = _texts(document)
    for name in path:
        found = found[name]
    return _message(found, {})


def known_error_codes() -> frozenset[str]:
    """Answer every error code that has a text."""
    return frozenset(_texts("errors"))


def _message(text: Mapping[str, str], parameters: Mapping[str, str]) -> Message:
    # A parameter that the raiser left out shows as an ellipsis instead of failing.
    values = defaultdict(lambda: "…", parameters)
    return Message(fa=text["fa"].format_map(values), en=text["en"].format_map(values))


@cache
def _texts(document: str) -> Mapping[str, Any]:
    content = files("templates").joinpath("messages", f"{document}.toml").read_text("utf-8")
    return tomllib.loads(content)
