"""The figures of supervision: a table that the page shows, a chart draws and a file holds.

What they count is defined in ``docs/panel.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.panel.charts import Chart, Series
from api.panel.tables import Cell, Code, Table
from api.panel.words import REASONS, hours_word
from clearance.jalali import format_date
from clearance.paper import SerialState
from clearance.text import persian_digits
from register.paper.records import BranchBalance
from register.records import WithdrawalReason
from register.supervision.records import HoursBin, Tally, Timeliness

MOST_BARS: Final = 15
"""Branches in a chart: those with the most that is late or outstanding."""
_TALLY: Final = ("صادرشده", "در مهلت", "پس از مهلت", "میانهٔ زمان صدور", "بیشترین زمان صدور")


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


def _csv(name: str, query: str) -> str:
    return f"/panel/timeliness/{name}.csv?{query}"


def _days(timely: Timeliness, query: str) -> Figure:
    title = "صدور در هر روز"
    return Figure(
        name="days",
        title=title,
        about="هر مفاصاحساب در روز صدور آن به وقت تهران شمرده شده است.",
        table=Table(
            caption=title,
            columns=("روز", *_TALLY),
            rows=tuple((each.day, *_tally_cells(each.tally)) for each in reversed(timely.days)),
            csv=_csv("days", query),
        ),
        chart=Chart(
            title=title,
            labels=[format_date(each.day)[5:] for each in timely.days],
            series=_in_time_and_late([each.tally for each in timely.days]),
        ),
    )


def _branches(timely: Timeliness, query: str) -> Figure:
    title = "صدور به تفکیک شعبه"
    shown = sorted(
        (each for each in timely.branches if each.tally.issued or each.overdue),
        key=lambda each: (each.tally.late + each.overdue, each.tally.issued),
        reverse=True,
    )[:MOST_BARS]
    return Figure(
        name="branches",
        title=title,
        about="ستون «گذشته از مهلت» وصول‌هایی است که اکنون مهلتشان گذشته و مفاصاحسابی "
        "برایشان صادر نشده است. نمودار، شعبه‌های دیرکردتر را نخست نشان می‌دهد.",
        table=Table(
            caption=title,
            columns=("شعبه", "استان", "کد", *_TALLY, "گذشته از مهلت"),
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
            title=title,
            labels=[each.name for each in shown],
            series=(
                *_in_time_and_late([each.tally for each in shown]),
                Series(
                    name="گذشته از مهلت",
                    tone="open",
                    values=[each.overdue for each in shown],
                ),
            ),
            lies=True,
        ),
    )


def _hours(timely: Timeliness, query: str) -> Figure:
    title = "از وصول تا صدور"
    return Figure(
        name="hours",
        title=title,
        about="زمان میان وصول حق بیمه و صدور، به ساعت. پایان مهلت هر یک به ساعت وصول و "
        "قاعدهٔ مهلت بستگی دارد؛ از این رو در یک بازه هر دو رنگ دیده می‌شود.",
        table=Table(
            caption=title,
            columns=("ساعت", "در مهلت", "پس از مهلت"),
            rows=tuple((_span(each), each.in_time, each.late) for each in timely.hours),
            csv=_csv("hours", query),
        ),
        chart=Chart(
            title=title,
            labels=[_span(each) for each in timely.hours],
            series=(
                Series(name="در مهلت", tone="good", values=[each.in_time for each in timely.hours]),
                Series(name="پس از مهلت", tone="bad", values=[each.late for each in timely.hours]),
            ),
        ),
    )


def _revocations(timely: Timeliness, query: str) -> Figure:
    title = "ابطال‌ها به تفکیک علت"
    counts = [(REASONS[each], timely.revocations.get(each, 0)) for each in WithdrawalReason]
    return Figure(
        name="revocations",
        title=title,
        about="ابطال‌هایی که در این بازه به تأیید همکار دوم رسیده‌اند.",
        table=Table(
            caption=title,
            columns=("علت", "ابطال"),
            rows=tuple(counts),
            csv=_csv("revocations", query),
        ),
        chart=Chart(
            title=title,
            labels=[word for word, _ in counts],
            series=(Series(name="ابطال", tone="bad", values=[count for _, count in counts]),),
            lies=True,
        ),
    )


def _paper(balances: tuple[BranchBalance, ...], query: str) -> Figure:
    title = "فرم‌های کاغذی تعیین‌تکلیف‌نشده"
    rows: list[tuple[Cell, ...]] = []
    for each in balances:
        unused = each.balance.count(SerialState.UNUSED_RETURNED) - each.handed_over
        rows.append(
            (each.branch_name, Code(text=each.branch_code), each.balance.difference, unused)
        )
    shown = sorted(balances, key=lambda each: each.outstanding, reverse=True)[:MOST_BARS]
    return Figure(
        name="paper",
        title=title,
        about="وضعیت اکنون: فرم‌هایی که شعبه هنوز تکلیفشان را ثبت نکرده، و فرم‌های مصرف‌نشده‌ای "
        "که هنوز با صورتجلسه تحویل نداده است.",
        table=Table(
            caption=title,
            columns=("شعبه", "کد", "بی‌تکلیف", "مصرف‌نشده و تحویل‌نشده"),
            rows=tuple(rows),
            csv=_csv("paper", query),
        ),
        chart=Chart(
            title=title,
            labels=[each.branch_name for each in shown],
            series=(
                Series(
                    name="بی‌تکلیف", tone="bad", values=[each.balance.difference for each in shown]
                ),
                Series(
                    name="مصرف‌نشده و تحویل‌نشده",
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
        Series(name="در مهلت", tone="good", values=[each.in_time for each in tallies]),
        Series(name="پس از مهلت", tone="bad", values=[each.late for each in tallies]),
    )


def _span(each: HoursBin) -> str:
    if each.high is None:
        return persian_digits(f"{each.low} و بیشتر")
    return persian_digits(f"{each.low} تا {each.high}")
