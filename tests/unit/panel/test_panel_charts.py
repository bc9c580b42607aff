"""Charts: shaped for Persian, safe as documents of their own."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from api.panel.charts import Chart, Series, draw, svg_response
from api.panel.figures import figures
from api.panel.histories import AREAS
from api.panel.words import hours_word
from register.events import EventName
from register.supervision.records import (
    BranchTally,
    DayTally,
    HoursBin,
    Tally,
    Timeliness,
)
from templates.catalogues import page_text

DAY = date(2026, 11, 1)
TALLY = Tally(issued=3, in_time=2, late=1, median_hours=3.6, longest_hours=108.0)
CHART = Chart(
    title="صدور در هر روز",
    labels=["۰ تا ۶", "<b>&"],
    series=(
        Series(name="در مهلت", tone="good", values=[12, 0]),
        Series(name="پس از مهلت", tone="bad", values=[0, 3]),
    ),
)


def _timely() -> Timeliness:
    return Timeliness(
        first_day=DAY,
        last_day=DAY + timedelta(days=1),
        total=TALLY,
        branches=(
            BranchTally(code="0041", name="شعبهٔ ۴۱", province="تهران", tally=TALLY, overdue=2),
        ),
        days=tuple(DayTally(day=DAY + timedelta(days=n), tally=TALLY) for n in range(2)),
        hours=(
            HoursBin(low=0, high=6, in_time=2, late=0),
            HoursBin(low=6, high=None, in_time=0, late=1),
        ),
        revocations={"data_corrected": 1},
    )


@pytest.mark.parametrize("lies", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
def test_a_chart_is_a_picture_without_scripts_or_outside_parts(lies, narrow):
    chart = Chart(title=CHART.title, labels=CHART.labels, series=CHART.series, lies=lies)
    svg = draw(chart, narrow=narrow).decode()

    assert "script" not in svg
    assert not re.search(r"(?:href|src)=|url\((?!#)|@import", svg)
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.find("{http://www.w3.org/2000/svg}title").text == CHART.title


def test_labels_are_persian_isolated_and_escaped():
    svg = draw(CHART, narrow=False).decode()

    assert "\u2067۰ تا ۶\u2069" in svg
    assert "&lt;b&gt;&amp;" in svg
    assert "در مهلت" in svg
    assert not re.search(r"<text[^>]*>[0-9]+</text>", svg)


def test_a_chart_follows_the_dark_scheme():
    assert re.search("prefers-color-scheme: ?dark", draw(CHART, narrow=False).decode())


def test_a_chart_comes_under_a_policy_of_its_own():
    answer = svg_response(CHART, narrow=False)

    assert answer.media_type == "image/svg+xml"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_a_chart_of_nothing_is_still_a_picture():
    empty = Chart(title="هیچ", labels=[], series=(Series(name="هیچ", tone="good", values=[]),))
    root = ET.fromstring(draw(empty, narrow=False))  # noqa: S314 - our own
    assert root.tag.endswith("svg")


def test_each_figure_has_its_table_its_file_and_its_chart():
    made = figures(_timely(), (), "days=30")

    assert list(made) == ["days", "branches", "hours", "revocations", "paper"]
    for name, figure in made.items():
        assert figure.table.csv == f"/panel/timeliness/{name}.csv?days=30"
        assert all(len(row) == len(figure.table.columns) for row in figure.table.rows)
        assert draw(figure.chart, narrow=True)
    assert [row[0] for row in made["days"].table.rows] == [DAY + timedelta(days=1), DAY]
    assert made["revocations"].table.rows[1] == ("نادرستی اطلاعات", 1)
    assert made["hours"].table.rows[1] == ("۶ و بیشتر", 0, 1)


@pytest.mark.parametrize(
    ("hours", "word"),
    [
        (None, "—"),
        (0.0, "۰ دقیقه"),
        (0.5, "۳۰ دقیقه"),
        (3.6, "۳ ساعت و ۳۶ دقیقه"),
        (24.0, "۲۴ ساعت"),
        (0.9999, "۱ ساعت"),
    ],
)
def test_hours_in_words(hours, word):
    assert hours_word(hours) == word


@pytest.mark.parametrize("event", EventName)
def test_each_event_has_its_words(event):
    text = page_text("events", event.value)

    assert text.fa
    assert text.en
    assert event.value.partition(".")[0] in AREAS
