"""The catalogue of keys: what each is for, in which state, and when it may be used.

It lies in one folder: ``catalogue.json``, and ``certificates/`` with a PEM file for each certified
key (its certificate first, then its issuers upward). It holds nothing secret and needs no token,
so a machine that only verifies reads it too.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.algorithms import KeyAlgorithm, Mechanism
from clearance.clock import format_moment, parse_moment
from clearance.errors import InvalidValue, NotFound, Refused
from keys.files import write_durably

CATALOGUE_FILE = "catalogue.json"
CERTIFICATES_FOLDER = "certificates"
_SCHEMA = 1
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Purpose(StrEnum):
    """What a key signs; never more than one thing."""

    DOCUMENT_SEAL = "document_seal"
    QR_TOKEN = "qr_token"  # noqa: S105 - a purpose
    REGISTER_LOG = "register_log"


class State(StrEnum):
    """Where a key stands in its life."""

    PLANNED = "planned"
    """Made, not yet certified: signs nothing but its own certificate request."""
    ACTIVE = "active"
    """Signs within its window."""
    RETIRED = "retired"
    """Signs no more; what it signed stands."""
    COMPROMISED = "compromised"
    """Signs no more; what it signed stands only by its timestamp and the register."""


_ENDS: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.RETIRED, State.COMPROMISED}),
    State.ACTIVE: frozenset({State.RETIRED, State.COMPROMISED}),
    State.RETIRED: frozenset({State.COMPROMISED}),
}
"""The ways out of a state."""


def _serving(*keys: KeyAlgorithm) -> Mapping[str, frozenset[Mechanism]]:
    return {key: frozenset(each for each in Mechanism if each.takes is key.kind) for key in keys}


_CURVES = (KeyAlgorithm.P_256, KeyAlgorithm.P_384)
MECHANISMS: Mapping[Purpose, Mapping[str, frozenset[Mechanism]]] = {
    # Not Ed25519: a PDF names it only by ISO/TS 32002, an extension of PDF 2.0, while PDF/A-3 is
    # PDF 1.7, and common viewers cannot check it (docs/decisions/0017).
    Purpose.DOCUMENT_SEAL: _serving(
        KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.RSA_4096, *_CURVES
    ),
    # ES256 keeps the token short enough for its QR code.
    Purpose.QR_TOKEN: {KeyAlgorithm.P_256: frozenset({Mechanism.ECDSA_SHA256})},
    Purpose.REGISTER_LOG: _serving(*_CURVES, KeyAlgorithm.ED25519),
}
"""What serves a purpose: keys and their mechanisms."""


@dataclass(frozen=True, kw_only=True)
class CataloguedKey:
    """One key. Raises ``Refused`` (``keys.catalogue_invalid``) for values that cannot be."""

    label: str
    """Its label in the token, and the name of its files."""
    purpose: Purpose
    algorithm: str
    """A ``clearance.algorithms.KeyAlgorithm``."""
    mechanism: str
    """A ``clearance.algorithms.Mechanism``."""
    state: State
    not_before: datetime
    """It signs from this moment on (aware, whole seconds)."""
    not_after: datetime
    """It signs no more from this moment on."""
    certificate_file: str | None = None
    """Name of its file in ``certificates/``; none until it is certified."""

    def __post_init__(self) -> None:
        allowed = MECHANISMS[self.purpose]
        for wrong, what in (
            (not _LABEL.fullmatch(self.label), "label"),
            (self.algorithm not in allowed, "algorithm"),
            (self.mechanism not in allowed.get(self.algorithm, ()), "mechanism"),
            (self.not_before >= self.not_after, "not_after"),
            (self.certificate_file not in {None, f"{self.label}.pem"}, "certificate_file"),
            (self.state is State.ACTIVE and self.certificate_file is None, "state"),
        ):
            if wrong:
                raise _invalid(f"{self.label}: {what}")

    def is_in_window(self, at: datetime) -> bool:
        """Whether ``at`` (aware) lies in the window."""
        return self.not_before <= at < self.not_after


class Catalogue:
    """All keys of one folder. A value: changes answer another catalogue, ``save`` keeps it."""

    def __init__(self, folder: Path, keys: tuple[CataloguedKey, ...] = ()) -> None:
        self.folder = folder
        self._keys = {key.label: key for key in keys}
        if len(self._keys) != len(keys):
            raise _invalid("label")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the catalogue; a folder without one is an empty catalogue.

        Raises ``Refused`` (``keys.catalogue_invalid``) for anything that is not understood whole.
        """
        try:
            content = json.loads((folder / CATALOGUE_FILE).read_bytes())
        except FileNotFoundError:
            return cls(folder)
        except ValueError as error:
            raise _invalid(CATALOGUE_FILE) from error
        if not isinstance(content, dict) or set(content) != {"schema", "keys"}:
            raise _invalid(CATALOGUE_FILE)
        if content["schema"] != _SCHEMA or not isinstance(content["keys"], list):
            raise _invalid("schema")
        return cls(folder, tuple(map(_key_from, content["keys"])))

    def save(self, folder: Path | None = None) -> None:
        """Write the catalogue in one durable step, by default where it was read."""
        folder = folder or self.folder
        folder.mkdir(parents=True, exist_ok=True)
        content = {"schema": _SCHEMA, "keys": [_object_of(key) for key in self.all()]}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_durably(folder / CATALOGUE_FILE, text.encode())

    def all(self) -> tuple[CataloguedKey, ...]:
        """Return all keys in the order in which they were added."""
        return tuple(self._keys.values())

    def get(self, label: str) -> CataloguedKey:
        """Return one key. Raises ``NotFound`` (``keys.unknown_label``)."""
        try:
            return self._keys[label]
        except KeyError:
            raise NotFound("keys.unknown_label", parameters={"label": label}) from None

    def with_key(self, key: CataloguedKey) -> "Catalogue":
        """Return a catalogue that has ``key``, in the place of one with its label if any."""
        return Catalogue(self.folder, tuple((self._keys | {key.label: key}).values()))

    def with_certificate(
        self, label: str, chain: tuple[x509.Certificate, ...], *, window: tuple[datetime, datetime]
    ) -> "Catalogue":
        """Store a chain (leaf first) durably and answer a catalogue with the key active in it."""
        folder = self.folder / CERTIFICATES_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
        name = f"{label}.pem"
        write_durably(folder / name, pem)
        key = replace(
            self.get(label),
            state=State.ACTIVE,
            certificate_file=name,
            not_before=window[0],
            not_after=window[1],
        )
        return self.with_key(key)

    def active(self, purpose: Purpose, at: datetime) -> CataloguedKey:
        """Return the key that signs for ``purpose`` at ``at`` (aware).

        While windows overlap, the one that began last: so a new key takes over at its first
        moment and the old one may end later. Raises ``Refused`` (``keys.no_active_key``).
        """
        candidates = [
            key
            for key in self.all()
            if key.purpose is purpose and key.state is State.ACTIVE and key.is_in_window(at)
        ]
        if not candidates:
            raise Refused("keys.no_active_key", parameters={"purpose": purpose.value})
        return max(candidates, key=lambda key: (key.not_before, key.label))

    def certificates(
        self, purpose: Purpose, *, leave_out: frozenset[State] = frozenset()
    ) -> tuple[x509.Certificate, ...]:
        """Return the certificates of all keys that sign or ever signed for ``purpose``.

        Those of keys in a state of ``leave_out`` are missing.
        """
        return tuple(
            self.chain(key)[0]
            for key in self.all()
            if key.purpose is purpose
            and key.certificate_file is not None
            and key.state not in leave_out
        )

    def with_ended(self, label: str, state: State) -> "Catalogue":
        """Return a catalogue in which a key signs no more: ``RETIRED`` or ``COMPROMISED``.

        Raises ``NotFound`` (``keys.unknown_label``) and ``Refused`` (``keys.state_is_final``):
        a compromised key stays compromised, and no key comes back.
        """
        key = self.get(label)
        if state not in _ENDS.get(key.state, frozenset()):
            raise Refused(
                "keys.state_is_final", parameters={"label": label, "state": key.state.value}
            )
        return self.with_key(replace(key, state=state))

    def chain(self, key: CataloguedKey) -> tuple[x509.Certificate, ...]:
        """Return a key's certificate, then its issuers upward.

        Raises ``Refused``: ``keys.not_certified`` or ``keys.certificate_unreadable``.
        """
        if key.certificate_file is None:
            raise Refused("keys.not_certified", parameters={"label": key.label})
        try:
            content = (self.folder / CERTIFICATES_FOLDER / key.certificate_file).read_bytes()
            return tuple(x509.load_pem_x509_certificates(content))
        except (OSError, ValueError) as error:
            raise Refused("keys.certificate_unreadable", parameters={"label": key.label}) from error


def _object_of(key: CataloguedKey) -> dict[str, Any]:
    found = {each.name: getattr(key, each.name) for each in fields(key)}
    return {
        name: format_moment(value) if isinstance(value, datetime) else value
        for name, value in found.items()
    }


def _key_from(content: object) -> CataloguedKey:
    names = {each.name for each in fields(CataloguedKey)}
    if not isinstance(content, dict) or set(content) != names:
        raise _invalid("fields")
    if not all(isinstance(content[name], str) for name in names - {"certificate_file"}):
        raise _invalid("fields")
    try:
        return CataloguedKey(
            **content
            | {
                "purpose": Purpose(content["purpose"]),
                "state": State(content["state"]),
                "not_before": parse_moment(content["not_before"]).astimezone(UTC),
                "not_after": parse_moment(content["not_after"]).astimezone(UTC),
            }
        )
    except (ValueError, InvalidValue) as error:
        raise _invalid(str(content["label"])) from error


def _invalid(where: str) -> Refused:
    return Refused("keys.catalogue_invalid", parameters={"where": where})
