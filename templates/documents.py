"""Templates of sealed documents: frozen values, each version with all that it is printed from.

A template lies in a folder ``<name>/v<version>``: ``template.toml``, ``<name>.html`` and, where it
adds to the shared style sheet, ``<name>.css``. What several templates share lies in
``shared/v<version>`` and is named by version too, so that neither a new version of one template nor
one of the shared parts changes what another version prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from templates.catalogues import TEMPLATES, read_catalogue


@dataclass(frozen=True)
class Typeface:
    """One face that documents are set in, as fontconfig knows it."""

    family: str
    style: str


@dataclass(frozen=True, kw_only=True)
class SharedParts:
    """What several templates build on: one version of it."""

    version: int
    folder: Path
    """Holds ``base.css``, ``ornaments.html`` with its pictures, and ``metadata.xmp``."""
    words: Mapping[str, str] = field(hash=False)
    """``organization``, ``specimen`` and ``seal_description``."""
    regular: tuple[Typeface, ...]
    """Faces of the text, the later for letters that the earlier lack."""
    bold: tuple[Typeface, ...]
    """The same in bold."""
    further: tuple[Typeface, ...]
    """Faces of titles and codes."""

    @property
    def several_sheets(self) -> Path:
        """The style sheet that comes last where a document with a QR code takes several sheets."""
        return self.folder / "several-sheets.css"

    @property
    def typefaces(self) -> tuple[Typeface, ...]:
        """All faces."""
        return (*self.regular, *self.bold, *self.further)


@dataclass(frozen=True, kw_only=True)
class Template:
    """One version of a template."""

    name: str
    version: int
    folder: Path
    sheets: tuple[Path, ...]
    """Style sheets, the later over the earlier."""
    labels: Mapping[str, str] = field(hash=False)
    """What each fact is called, on the sheet and for whoever reads a print-out of it."""
    words: Mapping[str, Any] = field(hash=False)
    """``title`` (a pattern), ``attachment``, ``seal`` (what the seal is given for), and more."""
    shared: SharedParts

    @property
    def page(self) -> str:
        """Name of the HTML template within the folder."""
        return f"{self.name}.html"


def load_template(folder: Path, *, shared: Path = TEMPLATES / "shared") -> Template:
    """Read the template of a folder ``<name>/v<version>``; ``shared`` holds the shared parts.

    Raises ``OSError``, ``KeyError`` or ``ValueError`` for a folder that is no template.
    """
    text = read_catalogue(folder / "template.toml")
    parts = load_shared(shared / f"v{text['shared']}")
    own = folder / f"{folder.parent.name}.css"
    return Template(
        name=folder.parent.name,
        version=_version(folder),
        folder=folder,
        sheets=(parts.folder / "base.css", *(own,) * own.exists()),
        labels=MappingProxyType(text["labels"]),
        words=MappingProxyType(text["words"]),
        shared=parts,
    )


def load_shared(folder: Path) -> SharedParts:
    """Read the shared parts of a folder ``v<version>``; raises as ``load_template``."""
    text = read_catalogue(folder / "shared.toml")
    faces = {
        use: tuple(Typeface(*each) for each in text["typefaces"][use])
        for use in ("regular", "bold", "further")
    }
    return SharedParts(
        version=_version(folder), folder=folder, words=MappingProxyType(text["words"]), **faces
    )


def versions_of(name: str) -> tuple[Template, ...]:
    """Return all versions of one of our templates, the newest last."""
    folders = (TEMPLATES / name).glob("v*/template.toml")
    return tuple(
        sorted((load_template(each.parent) for each in folders), key=lambda each: each.version)
    )


def _version(folder: Path) -> int:
    return int(folder.name.removeprefix("v"))
