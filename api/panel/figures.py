"""The figures of supervision: a table that the page shows, a chart draws and a file holds.

What they count is defined in ``docs/panel.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.panel.charts import Chart, Series
from api.panel.tables import Cell, Code, Table
from api.panel.words import REASONS, hours_word, text
from clearance.jalali import format_date
from clearance.paper_forms import SerialState
from register.paper_forms.records import BranchBalance
from register.records import RevocationReason
from register.supervision.records import HoursBin, Tally, Timeliness
from templates.catalogues import catalogue

MOST_BARS: Final = 15
"""Branches in a chart: those with the most that is late or outstanding."""
_TALLY: Final = ("issued", "in_time", "late", "median_hours", "longest_hours")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure."""

    name: str
    """As the addresses of its chart and file spell it."""
    title: str
    about: str
    table: Table
    chart: Chart


def figures(
    timely: Timeliness, balances: tuple[BranchBalance, ...], query: str
) -> Mapping[str, Figure]:
    """Return all figures by name; ``query`` is that of the addresses of their files."""
    made = (
        _days(timely, query),
        _branches(timely, query),
        _hours(timely, query),
        _revocations(timely, query),
        _paper(balances, query),
    )
    return {each.name: each for each in made}


def _words(name: str) -> dict[str, str]:
    section = catalogue("figures")[name]
    return {"name": name, "title": section["title"], "about": section["about"]}


def _title(name: str) -> str:
    return _words(name)["title"]


def _headings(name: str, *columns: str) -> tuple[str, ...]:
    return tuple(_heading(name, each) for each in columns)


def _heading(name: str, column: str) -> str:
    found: str = {**catalogue("figures")["tally"], **catalogue("figures")[name]["columns"]}[column]
    return found


def _csv(name: str, query: str) -> str:
    return f"/panel/timeliness/{name}.csv?{query}"


def _days(timely: Timeliness, query: str) -> Figure:
    return Figure(
        **_words("days"),
        table=Table(
            caption=_title("days"),
            columns=_headings("days", "day", *_TALLY),
            rows=tuple((each.day, *_tally_cells(each.tally)) for each in reversed(timely.days)),
            csv=_csv("days", query),
        ),
        chart=Chart(
            title=_title("days"),
            labels=[format_date(each.day)[5:] for each in timely.days],
            series=_in_time_and_late([each.tally for each in timely.days]),
        ),
    )


def _branches(timely: Timeliness, query: str) -> Figure:
    shown = sorted(
        (each for each in timely.branches if each.tally.issued or each.overdue),
        key=lambda each: (each.tally.late + each.overdue, each.tally.issued),
        reverse=True,
    )[:MOST_BARS]
    return Figure(
        **_words("branches"),
        table=Table(
            caption=_title("branches"),
            columns=_headings("branches", "branch", "province", "code", *_TALLY, "overdue"),
            rows=tuple(
                (
                    each.name,
                    each.province,
                    Code(text=each.code),
                    *_tally_cells(each.tally),
                    each.overdue,
                )
                for each in timely.branches
            ),
            csv=_csv("branches", query),
        ),
        chart=Chart(
            title=_title("branches"),
            labels=[each.name for each in shown],
            series=(
                *_in_time_and_late([each.tally for each in shown]),
                Series(
                    name=_heading("branches", "overdue"),
                    tone="open",
                    values=[each.overdue for each in shown],
                ),
            ),
            lies=True,
        ),
    )


def _hours(timely: Timeliness, query: str) -> Figure:
    return Figure(
        **_words("hours"),
        table=Table(
            caption=_title("hours"),
            columns=_headings("hours", "hours", "in_time", "late"),
            rows=tuple((_span(each), each.in_time, each.late) for each in timely.hours),
            csv=_csv("hours", query),
        ),
        chart=Chart(
            title=_title("hours"),
            labels=[_span(each) for each in timely.hours],
            series=(
                Series(
                    name=_heading("hours", "in_time"),
                    tone="good",
                    values=[each.in_time for each in timely.hours],
                ),
                Series(
                    name=_heading("hours", "late"),
                    tone="bad",
                    values=[each.late for each in timely.hours],
                ),
            ),
        ),
    )


def _revocations(timely: Timeliness, query: str) -> Figure:
    counts = [(REASONS[each], timely.revocations.get(each, 0)) for each in RevocationReason]
    return Figure(
        **_words("revocations"),
        table=Table(
            caption=_title("revocations"),
            columns=_headings("revocations", "reason", "revocations"),
            rows=tuple(counts),
            csv=_csv("revocations", query),
        ),
        chart=Chart(
            title=_title("revocations"),
            labels=[word for word, _ in counts],
            series=(
                Series(
                    name=_heading("revocations", "revocations"),
                    tone="bad",
                    values=[count for _, count in counts],
                ),
            ),
            lies=True,
        ),
    )


def _paper(balances: tuple[BranchBalance, ...], query: str) -> Figure:
    rows: list[tuple[Cell, ...]] = []
    for each in balances:
        unused = each.balance.count(SerialState.UNUSED_RETURNED) - each.handed_over
        rows.append(
            (each.branch_name, Code(text=each.branch_code), each.balance.difference, unused)
        )
    shown = sorted(balances, key=lambda each: each.outstanding, reverse=True)[:MOST_BARS]
    return Figure(
        **_words("paper"),
        table=Table(
            caption=_title("paper"),
            columns=_headings("paper", "branch", "code", "unaccounted", "unused"),
            rows=tuple(rows),
            csv=_csv("paper", query),
        ),
        chart=Chart(
            title=_title("paper"),
            labels=[each.branch_name for each in shown],
            series=(
                Series(
                    name=_heading("paper", "unaccounted"),
                    tone="bad",
                    values=[each.balance.difference for each in shown],
                ),
                Series(
                    name=_heading("paper", "unused"),
                    tone="open",
                    values=[each.outstanding - each.balance.difference for each in shown],
                ),
            ),
            lies=True,
        ),
    )


def _tally_cells(tally: Tally) -> tuple[Cell, ...]:
    return (
        tally.issued,
        tally.in_time,
        tally.late,
        hours_word(tally.median_hours),
        hours_word(tally.longest_hours),
    )


def _in_time_and_late(tallies: list[Tally]) -> tuple[Series, Series]:
    return (
        Series(
            name=_heading("hours", "in_time"),
            tone="good",
            values=[each.in_time for each in tallies],
        ),
        Series(name=_heading("hours", "late"), tone="bad", values=[each.late for each in tallies]),
    )


def _span(each: HoursBin) -> str:
    if each.high is None:
        return text("hours_from", low=each.low)
    return text("hours_between", low=each.low, high=each.high)
