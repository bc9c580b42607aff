"""PDF/A-3a (ISO 19005-3), piece by piece: what an outside validator will look at."""

import hashlib
import re
from io import BytesIO

import pikepdf
from fontTools.ttLib import TTFont
from lxml import etree

from clearance.canonical import certificate_bytes, content_hash

NS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "extension": "http://www.aiim.org/pdfa/ns/extension/",
    "schema": "http://www.aiim.org/pdfa/ns/schema#",
    "property": "http://www.aiim.org/pdfa/ns/property#",
}


def test_file_has_one_revision_and_an_end(any_sealable):
    pdf = any_sealable.pdf
    assert re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", pdf)
    assert pdf.count(b"%%EOF") == pdf.count(b"startxref") == 1
    assert pdf.rstrip(b"\r\n").endswith(b"%%EOF")


def test_trailer_has_an_id_and_no_encryption(any_sealable_pdf):
    assert len(any_sealable_pdf.trailer.ID) == 2
    assert "/Encrypt" not in any_sealable_pdf.trailer


def test_nothing_forbidden_in_the_catalogue(any_sealable_pdf):
    forbidden = {"/AA", "/OpenAction", "/NeedsRendering", "/Requirements", "/OCProperties"}
    assert forbidden.isdisjoint(any_sealable_pdf.Root.keys())
    assert "/AlternatePresentations" not in any_sealable_pdf.Root.Names


def test_output_intent_is_srgb(any_sealable_pdf):
    (intent,) = any_sealable_pdf.Root.OutputIntents
    assert intent.S == pikepdf.Name.GTS_PDFA1
    profile = intent.DestOutputProfile.read_bytes()
    assert profile[12:16] == b"mntr"
    assert profile[16:20] == b"RGB "
    assert profile[8] < 5
    assert int(intent.DestOutputProfile.N) == 3


def test_colours_are_covered_by_the_output_intent(any_sealable_pdf):
    names = {
        str(image.ColorSpace)
        for page in any_sealable_pdf.pages
        for image in page.Resources.XObject.values()
        if image.Subtype == pikepdf.Name.Image
    }
    assert names <= {"/DeviceGray", "/DeviceRGB"}


def test_no_picture_is_interpolated(any_pdf):
    images = [
        image
        for page in any_pdf.pages
        for image in page.Resources.XObject.values()
        if image.Subtype == pikepdf.Name.Image
    ]
    assert images
    assert not any(bool(image.get("/Interpolate", False)) for image in images)


def test_metadata_identifies_both_standards(any_sealable_pdf):
    metadata = any_sealable_pdf.Root.Metadata
    assert (metadata.Type, metadata.Subtype) == (pikepdf.Name.Metadata, pikepdf.Name.XML)
    packet = metadata.read_bytes()
    assert re.match(rb'<\?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"\?>', packet)
    xmp = etree.fromstring(packet)
    assert xmp.findtext(".//pdfaid:part", namespaces=NS) == "3"
    assert xmp.findtext(".//pdfaid:conformance", namespaces=NS) == "A"
    assert xmp.findtext(".//pdfuaid:part", namespaces=NS) == "1"


def test_metadata_describes_what_pdfa_does_not_know(any_sealable_pdf):
    xmp = etree.fromstring(any_sealable_pdf.Root.Metadata.read_bytes())
    (schema,) = xmp.iterfind(".//extension:schemas/rdf:Bag/rdf:li", NS)
    assert schema.findtext("schema:namespaceURI", namespaces=NS) == NS["pdfuaid"]
    assert schema.findtext("schema:prefix", namespaces=NS) == "pdfuaid"
    (described,) = schema.iterfind("schema:property/rdf:Seq/rdf:li", NS)
    assert {etree.QName(each).localname: each.text for each in described} == {
        "name": "part",
        "valueType": "Integer",
        "category": "internal",
        "description": "Part of ISO 14289 to which the file conforms",
    }


def test_metadata_agrees_with_the_information_dictionary(any_sealable_pdf):
    xmp = etree.fromstring(any_sealable_pdf.Root.Metadata.read_bytes())
    info = any_sealable_pdf.trailer.Info
    assert xmp.findtext(".//dc:title/rdf:Alt/rdf:li", namespaces=NS) == str(info.Title)
    assert xmp.findtext(".//dc:creator/rdf:Seq/rdf:li", namespaces=NS) == str(info.Author)
    assert xmp.findtext(".//pdf:Producer", namespaces=NS) == str(info.Producer)
    assert xmp.findtext(".//xmp:CreateDate", namespaces=NS) == "2025-11-22T10:22:31+00:00"
    assert str(info.CreationDate) == str(info.ModDate) == "D:20251122102231Z"


def test_canonical_data_is_attached(rendered_example_of, certificate_of):
    certificate = certificate_of("ordinary-company")
    document = rendered_example_of("ordinary-company", demo=False)
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        (specification,) = pdf.Root.AF
        assert specification.AFRelationship == pikepdf.Name.Data
        assert str(specification.F) == str(specification.UF) == "clearance.json"
        assert "JSON" in str(specification.Desc)
        assert str(pdf.Root.Names.EmbeddedFiles.Names[0]) == "clearance.json"
        file = specification.EF.F
        assert str(file.Subtype) == "/application/json"
        assert str(file.Params.ModDate) == "D:20251122102231Z"
        data = file.read_bytes()
    assert data == certificate_bytes(certificate)
    assert hashlib.sha256(data).digest() == content_hash(certificate)


def test_fonts_are_embedded_subsets_with_true_widths(any_sealable_pdf):
    fonts = list(_fonts(any_sealable_pdf))
    assert len(fonts) >= 4
    for font in fonts:
        assert re.fullmatch(r"/[A-Z]{6}\+.+", str(font.BaseFont))
        assert font.Encoding == pikepdf.Name("/Identity-H")
        (descendant,) = font.DescendantFonts
        assert descendant.CIDToGIDMap == pikepdf.Name.Identity
        program = TTFont(BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
        order = program.getGlyphOrder()
        for glyph, width in _widths(descendant.W).items():
            advance = program["hmtx"][order[glyph]][0] * 1000 / program["head"].unitsPerEm
            assert abs(advance - width) <= 1, (font.BaseFont, glyph)


def test_each_printed_glyph_has_a_letter(any_sealable_pdf):
    for font in _fonts(any_sealable_pdf):
        letters = _to_unicode(font)
        for glyph in _widths(font.DescendantFonts[0].W):
            assert glyph != 0, "the .notdef glyph is printed"
            text = letters[glyph]
            assert text
            assert not any(letter in "\0\ufeff\ufffe" for letter in text)
            assert not any("\ue000" <= letter <= "\uf8ff" for letter in text)


def test_graphics_states_are_nested_moderately(any_sealable_pdf):
    for page in any_sealable_pdf.pages:
        depth = deepest = 0
        for _, operator in pikepdf.parse_content_stream(page):
            depth += {"q": 1, "Q": -1}.get(str(operator), 0)
            deepest = max(deepest, depth)
            assert depth >= 0
        assert depth == 0
        assert deepest <= 28


def test_rendering_is_reproducible(rendered, certificate_of):
    certificate = certificate_of("smallest")
    first = rendered(certificate)
    assert rendered(certificate) == first


def _fonts(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    found = {}
    for page in pdf.pages:
        resources = [page.Resources]
        while resources:
            each = resources.pop()
            for font in each.get("/Font", {}).values():
                found[font.objgen] = font
            resources += [
                form.Resources for form in each.get("/XObject", {}).values() if "/Resources" in form
            ]
    return list(found.values())


def _widths(array: pikepdf.Object) -> dict[int, float]:
    """Read a ``/W`` array of the form ``first [width ...]``."""
    runs = list(array)
    return {
        int(first) + offset: float(width)
        for first, widths in zip(runs[::2], runs[1::2], strict=True)
        for offset, width in enumerate(widths)
    }


def _to_unicode(font: pikepdf.Object) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]*)>", font.ToUnicode.read_bytes())
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs
    }
