"""Every attack with what the verifier has to say of it.

A file is made by a function of ``attacks`` that is named by its lie. The reason is the one that
tells this attack from others; it has to be among the reasons of the verdict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from attacks import (
    evidence,
    forgeries,
    frames,
    identities,
    shadows,
    transport,
    updates,
    wrappings,
)
from attacks.journeys import JOURNEYS
from attacks.material import Material

from clearance.verdict import Outcome, Reason


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One bad file: how it is made, and what is expected."""

    make: Callable[[Material], bytes]
    outcome: Outcome
    reason: Reason

    @property
    def name(self) -> str:
        return self.make.__name__

    @property
    def lie(self) -> str:
        """What was done, in one sentence."""
        return (self.make.__doc__ or "").splitlines()[0].rstrip(".")


_ALTERED: Mapping[Reason, tuple[Callable[[Material], bytes], ...]] = {
    Reason.SIGNED_RANGE_WRONG: (
        forgeries.value_missing,
        forgeries.value_null,
        forgeries.value_empty,
        forgeries.value_as_text,
        forgeries.range_missing,
        forgeries.range_null,
        forgeries.range_empty,
        forgeries.range_negative,
        forgeries.range_overlapping,
        forgeries.range_huge,
        forgeries.range_of_one_pair,
        forgeries.range_of_three_pairs,
        forgeries.range_begins_later,
        forgeries.range_with_a_wider_gap,
        transport.saved_anew,
        forgeries.range_of_fractions,
        forgeries.range_elsewhere,
        wrappings.last_newline_missing,
        wrappings.linearised,
    ),
    Reason.SIGNATURE_BROKEN: (
        forgeries.value_zeros,
        forgeries.value_no_container,
        forgeries.value_halved,
        forgeries.another_kind_of_signature,
        forgeries.attributes_out_of_order,
        forgeries.seal_of_another_clearance,
        forgeries.seal_transplanted,
        transport.one_bit_flipped,
        evidence.document_timestamp_blanked,
        identities.our_certificate_another_key,
        forgeries.version_lowered,
        wrappings.last_newline_converted,
        frames.seal_freed,
        shadows.signature_posing_as_evidence,
    ),
    # How much of these can be read depends on chance: on sizes, on bytes that look like text.
    Reason.BEGINS_WITH_ISSUED: (wrappings.another_clearance_appended,),
    Reason.CARRIES_OUR_SEAL: (forgeries.value_in_capitals, wrappings.line_feeds_alone),
    Reason.NOT_WHOLE_FILE: (forgeries.value_with_blanks, shadows.seal_copied),
    Reason.CHANGED_AFTER_SEALING: (forgeries.message_in_the_padding,),
    Reason.TIMESTAMP_MISSING: (
        forgeries.timestamp_stripped,
        evidence.stripped_to_the_bare_seal,
        identities.no_timestamp,
    ),
    Reason.TIMESTAMP_NOT_TRUSTED: (
        evidence.document_timestamp_cut_off,
        evidence.evidence_renamed,
        evidence.evidence_emptied,
        evidence.strangers_document_timestamp,
        updates.evidence_removed,
        identities.untrusted_timestamp,
    ),
    Reason.CARRIES_ISSUED_CONTENT: (
        forgeries.certificates_exchanged,
        identities.genuine_letter_sealed_again,
        identities.letter_drawn_again,
        transport.data_grafted,
        identities.data_written_anew,
    ),
    Reason.BYTES_AFTER: (
        transport.newline_appended,
        transport.message_appended,
        transport.second_end_appended,
        transport.archive_appended,
        wrappings.zeros_appended,
    ),
    Reason.BYTES_BEFORE: (
        transport.newline_prepended,
        transport.mail_header_prepended,
        wrappings.byte_order_mark,
        wrappings.archive_around,
        wrappings.page_of_the_web_around,
    ),
    Reason.REPAIRED: (
        forgeries.wrapped,
        transport.another_pdf_prepended,
        transport.last_byte_missing,
        frames.references_broken,
        wrappings.comment_behind_the_header,
    ),
    Reason.DAMAGED: (
        transport.line_ends_converted,
        transport.high_bits_lost,
        transport.last_thousand_bytes_missing,
        transport.cut_off_behind_the_value,
        frames.end_points_back,
        frames.revisions_in_a_ring,
        frames.past_misplaced,
        wrappings.sent_as_unicode,
    ),
    Reason.ENCRYPTED: (transport.locked,),
    Reason.OWNER_LOCKED: (wrappings.locked_without_a_password,),
    Reason.NO_SIGNATURE: (transport.seal_taken_off, wrappings.enclosed_as_it_is),
    Reason.PAGE_CONTENT_CHANGED: (
        updates.page_rewritten,
        updates.line_printed_over,
        updates.content_hidden,
        updates.font_replaced,
        updates.page_turned,
        evidence.page_rewritten_behind_the_timestamp,
        frames.page_in_an_object_stream,
        shadows.content_made_optional,
        shadows.page_tree_turned,
        shadows.page_overwritten_beside_evidence,
    ),
    Reason.PAGES_REMOVED: (
        updates.document_behind_the_document,
        updates.page_removed,
        frames.catalog_overwritten,
    ),
    Reason.PAGES_ADDED: (updates.page_added, shadows.page_shown_twice),
    Reason.ANNOTATION_CHANGED: (updates.note_over_the_amount, updates.stamp_over_the_page),
    Reason.SIGNATURE_OVER_CONTENT: (
        updates.visible_signature_over_the_amount,
        shadows.seal_moved,
    ),
    Reason.SIGNATURE_ADDED: (updates.another_signature,),
    Reason.ATTACHMENT_CHANGED: (
        updates.attachment_replaced,
        updates.attachment_removed,
        shadows.two_attachments_of_one_name,
        shadows.attachment_tree_exchanged,
        shadows.associated_file_exchanged,
    ),
    Reason.METADATA_CHANGED: (updates.information_changed, updates.xmp_changed),
    Reason.ACTION_CHANGED: (
        updates.script_on_opening,
        updates.program_on_opening,
        updates.script_by_name,
        updates.script_on_the_page,
        updates.link_that_launches,
        shadows.program_behind_a_link,
        shadows.script_in_the_outline,
    ),
    Reason.FORM_FIELD_CHANGED: (
        updates.field_added,
        updates.seal_field_removed,
        shadows.form_of_another_kind,
        shadows.appearances_demanded,
        shadows.seal_drawn_otherwise,
    ),
    Reason.OTHER_CHANGE: (shadows.read_aloud_otherwise,),
    Reason.CHANGES_NOT_FORBIDDEN: (updates.certification_removed, shadows.permission_lied),
    Reason.SEVERAL_CATALOGS: (frames.root_swapped,),
    Reason.UNLINKED_REVISION: (frames.past_forgotten, wrappings.sent_twice),
    Reason.DUPLICATE_OBJECTS: (frames.object_twice,),
    Reason.UNLISTED_OBJECTS: (frames.object_hidden,),
    Reason.HYBRID_REFERENCES: (frames.two_sets_of_references,),
    Reason.NOT_STRICT: (frames.root_named_twice,),
    Reason.CHANGED_CONTENT: (
        identities.qr_on_a_letter_with_other_amounts,
        identities.data_with_two_amounts,
    ),
    # Their data, too, are a clearance's with other amounts.
    Reason.STRANGER: (identities.sealed_by_a_stranger,),
    Reason.IMITATES_SEAL: (
        identities.same_names_from_another_authority,
        identities.same_name_signed_by_itself,
        identities.look_alike_under_our_own_anchors,
    ),
}

_OUTSIDE_CHANNEL: Mapping[Reason, tuple[Callable[[Material], bytes], ...]] = {
    Reason.SEAL_WITHOUT_RECORD: (
        identities.sealed_around_the_register,
        identities.bare_letter_sealed_around_the_register,
    ),
    Reason.NO_SIGNATURE: (wrappings.enclosed_in_another_document,),
    Reason.SEAL_NOT_CURRENT: (identities.expired_seal,),
    Reason.SEAL_REVOKED: (identities.revoked_seal,),
    Reason.WRONG_PURPOSE: (identities.seal_for_another_purpose,),
    Reason.PRINTED_DIFFERENTLY: (identities.qr_on_a_bare_letter_with_other_amounts,),
}

_COPY: Mapping[Reason, tuple[Callable[[Material], bytes], ...]] = {
    Reason.NAMES_CLEARANCE: (
        identities.qr_on_a_blank_page,
        transport.page_copied_out,
        wrappings.picture_before_the_document,
    ),
}

_UNREADABLE: Mapping[Reason, tuple[Callable[[Material], bytes], ...]] = {
    Reason.NOT_PDF: (wrappings.sent_as_base64,),
}

ATTACKS: tuple[Attack, ...] = tuple(
    Attack(make=make, outcome=outcome, reason=reason)
    for outcome, expected in (
        (Outcome.ALTERED, _ALTERED),
        (Outcome.OUTSIDE_CHANNEL, _OUTSIDE_CHANNEL),
        (Outcome.COPY, _COPY),
        (Outcome.UNREADABLE, _UNREADABLE),
    )
    for reason, makers in expected.items()
    for make in makers
)


def table() -> str:
    """Return the table of attacks, and of ways that do no harm, in Markdown."""
    return "\n".join(
        [
            f"{len(ATTACKS)} files made from freshly issued clearances; none may be `authentic`.",
            "",
            "| file | what was done | outcome | because |",
            "|---|---|---|---|",
            *(
                f"| `{each.name}` | {each.lie} | `{each.outcome}` | `{each.reason}` |"
                for each in ATTACKS
            ),
            "",
            f"{len(JOURNEYS)} ways on which a genuine file stays `authentic`.",
            "",
            "| way | what happens |",
            "|---|---|",
            *(
                f"| `{name}` | {(journey.__doc__ or '').rstrip('.')} |"
                for name, journey in JOURNEYS.items()
            ),
        ]
    )
