"""Times of repeated steps, and how they are shown."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """Collects the seconds that named steps take."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def time(self, name: str, step: Callable[[], T]) -> T:
        """Run ``step`` and keep how long it took."""
        begin = time.perf_counter()
        result = step()
        self._seconds[name].append(time.perf_counter() - begin)
        return result

    def add(self, name: str, *parts: str) -> None:
        """Keep the sum of the last runs of ``parts`` as a step of its own."""
        self._seconds[name].append(sum(self._seconds[each][-1] for each in parts))

    def reset(self) -> None:
        """Forget the runs so far, which warmed everything up."""
        self._seconds.clear()

    def median(self, name: str) -> float:
        """Return the median in seconds."""
        return statistics.median(self._seconds[name])

    def percentile_95(self, name: str) -> float:
        """Return the 95th percentile in seconds."""
        return statistics.quantiles(self._seconds[name], n=20, method="inclusive")[-1]
