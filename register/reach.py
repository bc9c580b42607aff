"""What a person may see, as a condition in SQL."""

from sqlalchemy import ColumnElement, select, true

from clearance.roles import Reach
from register.tables.directory import branch


def within(reach: Reach, branch_code: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a row's branch lies within ``reach``.

    A branch that the directory does not know lies in no province. Rows outside are to be treated
    as if they did not exist.
    """
    condition: ColumnElement[bool] = true()
    if reach.branch is not None:
        condition &= branch_code == reach.branch
    if reach.province is not None:
        there = select(branch.c.code).where(branch.c.province == reach.province)
        condition &= branch_code.in_(there)
    return condition
