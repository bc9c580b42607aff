"""Attacks on the validation evidence of a clearance in the conventional layout ``B-LTA``."""

import re

from asn1crypto import cms
from attacks.material import (
    Material,
    container,
    dictionary,
    first_page,
    text_stream,
    updated,
    with_container,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def document_timestamp_cut_off(m: Material) -> bytes:
    """The last revision is cut off: what is left is layout B-T."""
    end = re.search(rb"%%EOF\n?", m.conventional)
    assert end is not None
    return m.conventional[: end.end()]


def stripped_to_the_bare_seal(m: Material) -> bytes:
    """Evidence and timestamps are taken away: what is left is layout B-B."""
    rest = document_timestamp_cut_off(m)
    content = cms.ContentInfo.load(container(rest))
    content["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([])
    return with_container(rest, content.dump(force=True))


def document_timestamp_blanked(m: Material) -> bytes:
    """The document timestamp's value is overwritten with zeros."""
    begin = m.conventional.rindex(b"/Contents <") + 11
    end = m.conventional.index(b">", begin)
    return m.conventional[:begin] + b"0" * (end - begin) + m.conventional[end:]


def evidence_renamed(m: Material) -> bytes:
    """The evidence is there, but no longer where it is looked for."""
    place = m.conventional.rindex(b"/DSS ")
    return m.conventional[:place] + b"/DSX " + m.conventional[place + 5 :]


def evidence_emptied(m: Material) -> bytes:
    """A further revision empties the evidence."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/DSS"] = writer.add_object(dictionary(Type="/DSS"))
        writer.update_root()

    return updated(m.conventional, change)


def strangers_document_timestamp(m: Material) -> bytes:
    """A further document timestamp, by an authority that nobody here trusts."""
    return m.seals["stranger, document timestamp"](m.conventional)


def page_rewritten_behind_the_timestamp(m: Material) -> bytes:
    """A further revision prints something else on the first page."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = first_page(writer)
        page["/Contents"] = writer.add_object(text_stream("Paid: 9999 rials"))
        writer.update_container(page)

    return updated(m.conventional, change)
