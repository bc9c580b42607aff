"""What minutes of the paper channel say on paper.

They look like the certificate; unlike it they carry no QR code, because nobody hands money out
against them.
"""

import hashlib

from clearance.minutes import Minutes, minutes_bytes
from clearance.paper_forms import ACCOUNTED, counted
from register.kinds import MINUTES
from signer.letter import Draft
from templates.documents import Template
from templates.jinja import isolated


def minutes_draft(
    minutes: Minutes, *, public_url: str, template: Template = MINUTES.template
) -> Draft:
    """Return what closed minutes say.

    ``public_url`` is where whoever has the file can have it checked.
    """
    content, words = minutes_bytes(minutes), template.words
    heading = words["headings"][minutes.kind.value]
    lists = {"unused": minutes.unused, "missing": minutes.missing, "used": minutes.used}
    return Draft(
        kind=MINUTES,
        template=template,
        number=minutes.number,
        title=words["title"].format(heading=heading, number=isolated(minutes.number)),
        at=minutes.closed_at,
        record=minutes,
        content=content,
        code_address=None,
        values={
            "minutes": minutes,
            "kind": minutes.kind.value,
            "heading": heading,
            "unused_count": counted(minutes.unused),
            "states": tuple(
                (template.labels[state], minutes.balance.count(state)) for state in ACCOUNTED
            ),
            "lists": tuple(
                (words["lists"][name], ranges) for name, ranges in lists.items() if ranges
            ),
            "content_hash": hashlib.sha256(content).hexdigest(),
            "inquiry_address": f"{public_url}/",
        },
    )
