"""What is trusted no longer: ``trust.toml`` and ``retired-anchors.pem`` in the folder of keys.

::

    [weak]                      # algorithm = first day on which it convinces nobody any more
    sha256 = 2045-01-01

    [retired]                   # SHA-256 of an anchor = first day on which it is trusted no more
    "0f4a…" = 2040-03-21

Days begin in UTC; Gregorian, or Jalali as text (``"1424/01/01"``). An anchor that has retired moves
from ``anchors.pem`` to ``retired-anchors.pem``: what was sealed before stays verifiable.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.errors import InvalidValue, Refused
from clearance.jalali import parse_date
from clearance.long_life import ALGORITHMS, TrustHistory
from keys.trust import load_anchors

HISTORY_FILE = "trust.toml"
RETIRED_FILE = "retired-anchors.pem"
_SECTIONS = ("weak", "retired")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class TrustPast:
    """What the two files hold."""

    history: TrustHistory
    retired: tuple[x509.Certificate, ...]
    """Anchors that were trusted once."""

    def retired_on(self, anchor: x509.Certificate) -> datetime:
        """Return from when on one of ``retired`` is trusted no more (UTC)."""
        return dict(self.history.retired)[anchor_name(anchor)]


def load_history(folder: Path) -> TrustPast:
    """Read both files; either may be absent.

    Raises ``Refused``: ``keys.history_invalid`` (parameter ``what``: a name or line that is wrong,
    or a retired anchor without its day), ``keys.anchors_invalid``.
    """
    sections = _read(folder / HISTORY_FILE)
    history = TrustHistory(
        weak_from=_days(sections.get("weak", {}), ALGORITHMS.__contains__),
        retired=_days(sections.get("retired", {}), lambda name: bool(_DIGEST.fullmatch(name))),
    )
    file = folder / RETIRED_FILE
    retired = load_anchors(file) if file.exists() else ()
    known = {name for name, _ in history.retired}
    for certificate in retired:
        if anchor_name(certificate) not in known:
            raise _invalid(anchor_name(certificate))
    return TrustPast(history=history, retired=retired)


def anchor_name(certificate: x509.Certificate) -> str:
    """Return what an anchor is called in the policy: its SHA-256 in lowercase hexadecimal."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _read(file: Path) -> dict[str, dict[str, Any]]:
    if not file.exists():
        return {}
    try:
        sections = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(str(error)) from error
    for name, section in sections.items():
        if name not in _SECTIONS or not isinstance(section, dict):
            raise _invalid(name)
    return sections


def _days(section: dict[str, Any], fits: Callable[[str], bool]) -> tuple[tuple[str, datetime], ...]:
    days = []
    for name, day in section.items():
        if not fits(name) or type(day) not in (str, date):
            raise _invalid(name)
        try:
            first = parse_date(str(day))
        except InvalidValue as error:
            raise _invalid(name) from error
        days.append((name, datetime.combine(first, time(), UTC)))
    return tuple(sorted(days))


def _invalid(what: str) -> Refused:
    return Refused("keys.history_invalid", parameters={"file": HISTORY_FILE, "what": what})
