"""Who may do what in the supervision of clearances, and for which branches (R15, R17)."""

from dataclasses import dataclass
from enum import StrEnum

from clearance.errors import NotPermitted
from clearance.identifiers import BranchCode


class Role(StrEnum):
    """The office that a member of staff holds (clause 7 of the circular)."""

    BRANCH_OFFICER = "branch_officer"
    """Works on the rows, notices and paper forms of one branch."""
    PREMIUM_COLLECTION_HEAD = "premium_collection_head"
    """Answers for premium collection in one branch."""
    BRANCH_HEAD = "branch_head"
    """Answers for one branch."""
    PROVINCIAL_SUPERVISOR = "provincial_supervisor"
    """Controls the branches of one province (R15)."""
    HEADQUARTERS_AUDITOR = "headquarters_auditor"
    """Sees the whole country and changes nothing."""
    ADMINISTRATOR = "administrator"
    """Keeps the accounts of staff; has no part in clearances."""


class Permission(StrEnum):
    """One thing that a role allows."""

    SUPERVISE = "supervise"
    """See clearances, rows, notices, collections, paper ledger and figures within reach."""
    REVIEW_ROWS = "review_rows"
    """Review contract rows (R6)."""
    REQUEST_REVOCATION = "request_revocation"
    CONFIRM_REVOCATION = "confirm_revocation"
    """Confirm or reject what another officer asked for."""
    RESEND_NOTICES = "resend_notices"
    """Have notices within reach that were given up sent again (R4)."""
    KEEP_BRANCH_FORMS = "keep_branch_forms"
    """Keep a branch's serials of Form 22 and draw up its minutes (R12, R14)."""
    KEEP_PROVINCE_FORMS = "keep_province_forms"
    """Allot serials, consolidate minutes, send them on and report (R13)."""
    READ_AUDIT = "read_audit"
    """Read the audit trail within reach."""
    SEE_BATCHES = "see_batches"
    """See how far the batches of all clients are; they belong to no branch or province."""
    MANAGE_STAFF = "manage_staff"


_BRANCH = frozenset(
    {
        Permission.SUPERVISE,
        Permission.REVIEW_ROWS,
        Permission.REQUEST_REVOCATION,
        Permission.RESEND_NOTICES,
        Permission.KEEP_BRANCH_FORMS,
    }
)
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.BRANCH_OFFICER: _BRANCH,
    Role.PREMIUM_COLLECTION_HEAD: _BRANCH | {Permission.CONFIRM_REVOCATION},
    Role.BRANCH_HEAD: _BRANCH | {Permission.CONFIRM_REVOCATION, Permission.READ_AUDIT},
    Role.PROVINCIAL_SUPERVISOR: frozenset(
        {
            Permission.SUPERVISE,
            Permission.REQUEST_REVOCATION,
            Permission.CONFIRM_REVOCATION,
            Permission.RESEND_NOTICES,
            Permission.KEEP_PROVINCE_FORMS,
            Permission.READ_AUDIT,
        }
    ),
    Role.HEADQUARTERS_AUDITOR: frozenset(
        {Permission.SUPERVISE, Permission.READ_AUDIT, Permission.SEE_BATCHES}
    ),
    Role.ADMINISTRATOR: frozenset(
        {Permission.MANAGE_STAFF, Permission.READ_AUDIT, Permission.SEE_BATCHES}
    ),
}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Which branches somebody sees: one branch, one province, or (both empty) the country."""

    province: str | None = None
    branch: BranchCode | None = None

    def covers(self, branch: BranchCode, province: str) -> bool:
        """Return whether a branch of a province lies within."""
        return self.branch in {None, branch} and self.province in {None, province}


@dataclass(frozen=True, kw_only=True)
class Officer:
    """A member of staff who has proved who they are, by session or by a key of their own."""

    id: str
    """Stable and public: it stands in the audit trail."""
    name: str
    role: Role
    reach: Reach

    def may(self, permission: Permission) -> bool:
        """Return whether the role allows it."""
        return permission in PERMISSIONS[self.role]

    def demand(self, permission: Permission) -> None:
        """Raise ``NotPermitted`` unless the role allows it."""
        if not self.may(permission):
            raise NotPermitted("access.not_permitted", parameters={"permission": permission.value})
