"""Charts as SVG documents of their own, which the pages show as images.

An image runs no script and loads nothing; its colours follow the reader's light or dark scheme. All
that a chart says stands in the table beside it.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]
from starlette.responses import Response

from api.panel.words import text
from clearance.money import Rials, grouped_digits
from clearance.text import persian_digits

# pygal's finder of map plugins, which are not used here, speaks a protocol that Python gave up;
# each import of a module that is not there would warn of it.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]

SVG_TYPE: Final = "image/svg+xml"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_WIDE, _NARROW = 960, 460
_HEIGHT: Final = 360
_LINE: Final = 34
"""Height of one bar of a chart that lies on its side."""
_MOST_LABELS: Final = {_WIDE: 16, _NARROW: 6}
_FONT: Final = '"Noto Sans Arabic", "Noto Sans", Tahoma, "Segoe UI", sans-serif'

_LIGHT: Final = {"good": "#12708a", "bad": "#c2410c", "open": "#7a2e8e", "plain": "#42526b"}
_DARK: Final = {"good": "#6cc5df", "bad": "#ff9d66", "open": "#d9a2e8", "plain": "#b4c4de"}
_INK: Final = ("#17232b", "#d5d1c7")
_DARK_INK: Final = ("#e9eef0", "#34424a")

_RTL, _END = "\u2067", "\u2069"
"""Isolate a label that mixes words and digits, which would else run from left to right."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One colour of a chart."""

    name: str
    tone: str
    """``good``, ``bad``, ``open`` or ``plain``."""
    values: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Bars stacked upon each other, one stack for each label."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    lies: bool = False
    """Whether the bars lie, as long labels need it."""


def draw(chart: Chart, *, narrow: bool) -> bytes:
    """Draw a chart; ``narrow`` for the screen of a phone."""
    width = _NARROW if narrow else _WIDE
    kind = pygal.HorizontalStackedBar if chart.lies else pygal.StackedBar
    labels = [f"{_RTL}{each}{_END}" for each in chart.labels]
    nothing = text("nothing_in_chart")
    options = {
        "width": width,
        "height": max(_HEIGHT, 110 + _LINE * len(labels)) if chart.lies else _HEIGHT,
        "title": None,
        "js": (),
        "css": (*_CSS, f"inline:{_dark_css(chart)}"),
        "style": _style(chart),
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 2 if narrow else max(1, len(chart.series)),
        "show_legend": len(chart.series) > 1,
        "truncate_label": -1,
        "truncate_legend": -1,
        "margin": 12,
        "spacing": 12,
        "value_formatter": _number,
        "print_values": False,
        "show_y_guides": True,
        "show_x_guides": False,
        "no_data_text": f"{_RTL}{nothing}{_END}",
        "disable_xml_declaration": True,
        "explicit_size": True,
        "order_min": 0,
        "range": (0, max(1, _highest(chart))),
    }
    if chart.lies:
        # Such a chart is drawn from below.
        labels = labels[::-1]
    else:
        step = -(-len(labels) // _MOST_LABELS[width])
        options |= {"x_labels_major_every": max(1, step), "show_minor_x_labels": step <= 1}
    made = kind(**options)
    made.x_labels = labels
    for each in chart.series:
        values = list(each.values)
        made.add(each.name, values[::-1] if chart.lies else values)
    return _cleaned(made.render(), chart.title)


def svg_response(chart: Chart, *, narrow: bool) -> Response:
    """Return a chart under a policy of its own."""
    return Response(draw(chart, narrow=narrow), media_type=SVG_TYPE, headers=HEADERS)


def _cleaned(svg: bytes, title: str) -> bytes:
    """Take the scripts away and name the picture."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    root = ET.fromstring(svg)  # noqa: S314 - made a line above
    space = "{http://www.w3.org/2000/svg}"
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{space}script":
                parent.remove(child)
    for each in root.iter(f"{space}title"):
        each.text = title
        break
    root.set("lang", "fa")
    return bytes(ET.tostring(root, encoding="utf-8"))


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value != int(value):
        return persian_digits(f"{value:.1f}".replace(".", "\N{ARABIC DECIMAL SEPARATOR}"))
    return grouped_digits(Rials(int(value)))


def _highest(chart: Chart) -> int:
    return max(
        (sum(stack) for stack in zip(*(s.values for s in chart.series), strict=True)), default=0
    )


def _style(chart: Chart) -> Style:
    ink, line = _INK
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=line,
        guide_stroke_color=line,
        major_guide_stroke_color=line,
        guide_stroke_dasharray="0",
        major_guide_stroke_dasharray="0",
        opacity="1",
        opacity_hover="1",
        transition="0s",
        font_family=_FONT,
        label_font_size=15,
        major_label_font_size=15,
        legend_font_size=16,
        no_data_font_size=18,
        colors=tuple(_LIGHT[each.tone] for each in chart.series),
    )


_CSS: Final = ("file://style.css", "file://graph.css")


def _dark_css(chart: Chart) -> str:
    ink, line = _DARK_INK
    rules = [
        f"text {{ fill: {ink} !important; }}",
        f".axis .line, .axis .guide.line {{ stroke: {line} !important; }}",
        *(
            f".color-{place} {{ fill: {_DARK[each.tone]} !important; "
            f"stroke: {_DARK[each.tone]} !important; }}"
            for place, each in enumerate(chart.series)
        ),
    ]
    return f"@media (prefers-color-scheme: dark) {{ {' '.join(rules)} }}"
