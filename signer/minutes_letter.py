"""The wording and layout of minutes as HTML: the template of one version, filled in.

They look like the certificate and share its style sheet and ornaments; unlike it they carry no QR
code, because nobody hands money out against them.
"""

import hashlib
import tomllib

from clearance.minutes import Minutes, MinutesKind, minutes_bytes
from clearance.paper import ACCOUNTED, counted
from signer.letter import (
    ORGANIZATION,
    SEAL_DESCRIPTION,
    SEAL_FIELD,
    SPECIMEN,
    TEMPLATES,
    environment,
    isolated,
)

MINUTES_FOLDER = TEMPLATES / "minutes" / "v1"
"""Template version 1. A version that has sealed documents is never edited in its meaning."""

MINUTES_REASON = "صورتجلسهٔ فرم‌های نمونهٔ ۲۲ درآمد (بند ۵ بخشنامه)"
"""What the seal of minutes is given for."""

_TITLES = {
    MinutesKind.BRANCH: "صورتجلسهٔ تحویل فرم‌های استفاده‌نشدهٔ نمونهٔ ۲۲ درآمد",
    MinutesKind.CONSOLIDATED: "صورتجلسهٔ تجمیعی فرم‌های استفاده‌نشدهٔ نمونهٔ ۲۲ درآمد",
    MinutesKind.DESPATCH: "صورتجلسهٔ ارسال فرم‌های استفاده‌نشدهٔ نمونهٔ ۲۲ درآمد",
    MinutesKind.REPORT: "گزارش ارسال فرم‌های استفاده‌نشدهٔ نمونهٔ ۲۲ درآمد",
}


_MESSAGES = tomllib.loads((TEMPLATES / "messages" / "paper.toml").read_text("utf-8"))
_STATES: dict[str, str] = {name: text["fa"] for name, text in _MESSAGES["states"].items()}
_TEMPLATES = environment(MINUTES_FOLDER)


def minutes_html(minutes: Minutes, *, public_url: str, demo: bool) -> str:
    """Fill in the template of minutes."""
    return _TEMPLATES.get_template("minutes.html").render(
        minutes=minutes,
        kind=minutes.kind.value,
        title=minutes_title(minutes),
        heading=_TITLES[minutes.kind],
        unused_count=counted(minutes.unused),
        states=tuple((_STATES[state], minutes.balance.count(state)) for state in ACCOUNTED),
        lists=tuple(
            (heading, ranges)
            for heading, ranges in (
                ("فرم‌های تحویلی، هر یک منضم به هولوگرام با همان شمارهٔ سریال", minutes.unused),
                ("فرم‌های مفقود", minutes.missing),
                ("فرم‌های استفاده‌شدهٔ صادرنشده که هنوز ابطال نشده‌اند", minutes.used),
            )
            if ranges
        ),
        content_hash=hashlib.sha256(minutes_bytes(minutes)).hexdigest(),
        inquiry_address=f"{public_url}/",
        seal_field=SEAL_FIELD,
        seal_description=SEAL_DESCRIPTION,
        organization=ORGANIZATION,
        demo=demo,
        specimen=SPECIMEN,
    )


def minutes_title(minutes: Minutes) -> str:
    """Name the document, as viewers show it in the window."""
    return f"{_TITLES[minutes.kind]}، شمارهٔ {isolated(minutes.number)}"
