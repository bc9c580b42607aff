"""Texts of the parties as HTML: what runs the other way inside them is isolated."""

from markupsafe import Markup, escape

from clearance.runs import Run, isolated_runs, runs_in_persian
from clearance.text import paper_digits


def printed(text: str) -> Markup:
    """Return a text of the parties as HTML: with the paper's digits, its runs isolated."""
    return Markup("").join(_isolated(run) for run in isolated_runs(paper_digits(text)))


def _isolated(run: Run) -> Markup:
    match run.direction:
        case None:
            return escape(run.text)
        case "rtl":
            inside = Markup("").join(map(_isolated, runs_in_persian(run.text)))
            return Markup('<bdi dir="rtl">{}</bdi>').format(inside)
        case "ltr":
            return Markup('<bdi dir="ltr">{}</bdi>').format(run.text)
