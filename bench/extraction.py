"""How many values of each file programs copy and search exactly, as a table.

    python -m bench.extraction [--lost]

The files are every example as a certificate, minutes of each kind and two receipts, rendered on
the spot; the programs are those of ``tests/vectors/extractors.py``. ``--lost`` lists what
was not found.
"""

import argparse
import sys
from collections import Counter

from rich.console import Console
from rich.table import Table

from bench.vectors import vectors


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.extraction", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--lost", action="store_true", help="list the values that were not found")
    arguments = parser.parse_args()
    console = Console()
    extractors = vectors("extractors")
    table = Table(title="Values found exactly")
    table.add_column("file", no_wrap=True)
    for heading in ("values", *extractors.EXTRACTORS):
        table.add_column(heading, justify="right")
    sums: Counter[str] = Counter()
    for name, printed in vectors("printed").rendered().items():
        lost = extractors.lost_values(printed.document.pdf, printed.values)
        total = len(printed.values)
        found = {extractor: total - len(each) for extractor, each in lost.items()}
        sums.update(found, values=total)
        table.add_row(name, str(total), *map(str, found.values()))
        if arguments.lost:
            for extractor, each in lost.items():
                for field, value in each:
                    console.print(f"{extractor} {name} {field}: {value[:60]}", markup=False)
    shares = (f"{sums[each]} ({sums[each] / sums['values']:.1%})" for each in extractors.EXTRACTORS)
    table.add_section()
    table.add_row("all", str(sums["values"]), *shares)
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
