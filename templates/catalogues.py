"""Catalogues: all texts for people by stable code, read once from ``templates/messages``.

Pages, panel, documents and command line take their words from here. A catalogue is a TOML file:
where readers of both languages see a text it holds ``fa`` and ``en``; what only the panel's
officers see is Persian alone.

An error or reason that has no text of its own still gets one: a missing translation must never
turn an answer into a fault of ours.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from clearance.errors import MohrError
from clearance.rulebook import Failure
from clearance.text import persian_digits
from clearance.verdict import Reason

TEMPLATES = Path(str(files("templates")))
_NO_TEXT = "error.without_text"
_NUMBER = re.compile("[0-9]+|[0-9]{1,3}(,[0-9]{3})+")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One text in both languages."""

    fa: str
    en: str


def read_catalogue(file: Path) -> dict[str, Any]:
    """Return what a catalogue holds; raises ``OSError`` or ``ValueError`` if it cannot be read."""
    return tomllib.loads(file.read_text("utf-8"))


@cache
def catalogue(name: str) -> Mapping[str, Any]:
    """Return one of our catalogues, such as ``outcomes``; raises ``OSError`` for one not there."""
    return read_catalogue(TEMPLATES / "messages" / f"{name}.toml")


def error_text(error: MohrError) -> Message:
    """Return the text of an error, its placeholders filled from the error's parameters."""
    texts = catalogue("errors")
    if error.code in texts:
        return _message(texts[error.code], error.parameters)
    return _message(texts[_NO_TEXT], {"code": error.code})


def reason_text(reason: Reason, parameters: Mapping[str, str] | None = None) -> Message:
    """Return the text of a reason code."""
    texts = catalogue("reasons")
    if reason.value in texts:
        return _message(texts[reason.value], parameters or {})
    return Message(fa=reason.value, en=reason.value)


def parameter_text(name: str) -> Message:
    """Return what a parameter of a finding is called, its own name if it has no text."""
    texts = catalogue("parameters")
    return _message(texts[name], {}) if name in texts else Message(fa=name, en=name)


def channel_text(name: str) -> Message:
    """Return how a notice was delivered, the channel's own name if it has no text."""
    texts = catalogue("channels")
    return _message(texts[name], {}) if name in texts else Message(fa=name, en=name)


def name_text(name: str) -> str:
    """Return a name of ours, in Persian; raises ``KeyError`` for one not there."""
    return str(catalogue("names")[name])


def format_text(name: str, **values: str) -> str:
    """Return a value as a Persian text writes it."""
    return str(catalogue("formats")[name]).format_map(values)


def sample(name: str) -> Any:
    """Return an invented value for an example or the demonstration, in Persian."""
    return catalogue("samples")[name]


def rule_text(failure: Failure) -> Message:
    """Return what is the case where a rule at issue is broken."""
    return _message(catalogue("rules")[failure.code], failure.parameters)


def remedy_text(failure: Failure) -> Message:
    """Return what to do about a broken rule."""
    text = catalogue("rules")[failure.code]
    return _message({"fa": text["do_fa"], "en": text["do_en"]}, failure.parameters)


def page_text(document: str, *path: str) -> Message:
    """Return a text of the result page, such as ``("outcomes", "authentic", "word")``.

    Raises ``KeyError`` for a text that is not there, which is a programming mistake.
    """
    found: Any = catalogue(document)
    for name in path:
        found = found[name]
    return _message(found, {})


def _message(text: Mapping[str, str], parameters: Mapping[str, str]) -> Message:
    persian = {name: _in_persian(name, value, text["fa"]) for name, value in parameters.items()}
    return Message(fa=_filled(text["fa"], persian), en=_filled(text["en"], parameters))


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    # A parameter that the raiser left out shows as an ellipsis instead of failing.
    return text.format_map(defaultdict(lambda: "…", parameters))


def _in_persian(name: str, value: str, text: str) -> str:
    """Write a number with Persian digits; what the text isolates or quotes is to be copied."""
    verbatim = f"\u2066{{{name}}}\u2069" in text or f"«{{{name}}}»" in text
    if verbatim or not _NUMBER.fullmatch(value):
        return value
    return persian_digits(value).replace(",", "\N{ARABIC THOUSANDS SEPARATOR}")
