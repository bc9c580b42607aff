"""A key ceremony: one reviewed plan, printed, carried out once, and written down.

The transcript is JSON lines, on disk event by event, so that a ceremony that was broken off can be
read too. It holds no secret.
"""

import getpass
import hashlib
import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from clearance.clock import Clock, format_moment
from clearance.errors import Refused
from hsm.module import Token
from keys.catalogue import Catalogue, CataloguedKey
from keys.certificates import certificate_request
from keys.files import sync_folder, write_durably
from keys.plan import Plan, ReviewedPlan

CEREMONIES_FOLDER = "ceremonies"
REQUESTS_FOLDER = "requests"


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """What a ceremony leaves of one key."""

    label: str
    spki_sha256: str
    """SHA-256 of the SubjectPublicKeyInfo (DER): compare it with the certificate's."""
    request: Path
    """The certificate request, PEM."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a ceremony leaves."""

    catalogue: Catalogue
    keys: tuple[MadeKey, ...]
    transcript: Path


def check_plan(plan: Plan, catalogue: Catalogue, token: Token) -> None:
    """Refuse a plan whose labels are not all new. Raises ``Refused`` (``hsm.label_taken``)."""
    taken = {key.label for key in catalogue.all()} | set(token.labels())
    seen: set[str] = set()
    for key in plan.keys:
        if key.label in taken | seen:
            raise Refused("hsm.label_taken", parameters={"label": key.label})
        seen.add(key.label)


def carry_out(
    reviewed: ReviewedPlan, catalogue: Catalogue, token: Token, *, clock: Clock
) -> Outcome:
    """Make the planned keys, their requests and their catalogue entries.

    Nothing is made unless all labels are new. Each key is in the catalogue before the next one is
    made. If the token fails on the way, what was made stays and the transcript ends there: plan
    the rest anew, with new labels for keys that are in the token but not in the catalogue.
    Raises as ``check_plan`` and ``Token.generate_key``.
    """
    check_plan(reviewed.plan, catalogue, token)
    transcript = _Transcript(catalogue.folder, clock)
    transcript.begin(reviewed)
    made = []
    for planned in reviewed.plan.keys:
        spki = token.generate_key(planned.label, planned.algorithm)
        fingerprint = hashlib.sha256(spki).hexdigest()
        transcript.write(
            "key_generated",
            label=planned.label,
            purpose=planned.purpose,
            algorithm=planned.algorithm,
            spki_sha256=fingerprint,
        )
        key = planned.catalogued()
        catalogue = catalogue.with_key(key)
        catalogue.save()
        request = write_request(catalogue, token, key, planned.subject.name())
        transcript.write(
            "request_written",
            label=planned.label,
            subject=planned.subject.name().rfc4514_string(),
            sha256=hashlib.sha256(request.read_bytes()).hexdigest(),
        )
        made.append(MadeKey(label=planned.label, spki_sha256=fingerprint, request=request))
    transcript.write("ceremony_ended", keys=len(made))
    return Outcome(catalogue=catalogue, keys=tuple(made), transcript=transcript.file)


def write_request(
    catalogue: Catalogue, token: Token, key: CataloguedKey, subject: x509.Name
) -> Path:
    """Write a key's certificate request beside the catalogue; answer its path."""
    folder = catalogue.folder / REQUESTS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{key.label}.csr"
    write_durably(file, certificate_request(token, key, subject))
    return file


class _Transcript:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        folder = folder / CEREMONIES_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        now = clock()
        self.file = folder / f"{now:%Y%m%dT%H%M%SZ}.jsonl"

    def begin(self, reviewed: ReviewedPlan) -> None:
        self.write(
            "ceremony_began",
            title=reviewed.plan.title,
            plan_sha256=reviewed.sha256,
            participants=[each.model_dump() for each in reviewed.plan.participants],
            operator=getpass.getuser(),
            machine=platform.node(),
        )
        sync_folder(self.file.parent)

    def write(self, event: str, **facts: Any) -> None:
        line = {"at": format_moment(self._clock()), "event": event, **facts}
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
