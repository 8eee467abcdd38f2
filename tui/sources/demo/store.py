"""The samples of the simulated platform, kept in memory.

All series are scraped together and share one list of timestamps, so the evaluator finds a window once for all of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from operator import gt

Labels = tuple[tuple[str, str], ...]
"""Label pairs in order of their names; the metric's name is `__name__` among them."""

NAME = "__name__"


def label_set(pairs: Iterable[tuple[str, str]]) -> Labels:
    """Labels in canonical order; an empty value is no label."""
    return tuple(sorted((name, value) for name, value in pairs if value))


def without(labels: Labels, names: Iterable[str]) -> Labels:
    """`labels` less those named."""
    return tuple(pair for pair in labels if pair[0] not in names)


class Series:
    """One series: `values[i]` was scraped at `times[i]`, in Unix milliseconds, ascending.

    `labels` includes the metric's name, `bare` does not.
    """

    __slots__ = ("_resets", "_scanned", "bare", "labels", "times", "values")

    def __init__(self, labels: Labels, times: list[int], values: Iterable[float] = ()) -> None:
        self.labels = labels
        self.bare = without(labels, (NAME,))
        self.times = times
        self.values = array("d", values)
        self._resets: list[int] = []
        self._scanned = 1

    def lost(self, first: int, last: int) -> float:
        """What counter resets took away among the samples `first` to `last`: the values just before each drop.

        Counters of 24 h are asked for often and reset rarely, so where they did is remembered.
        """
        values, scanned = self.values, self._scanned
        if scanned < len(values):
            if any(map(gt, values[scanned - 1 : -1], values[scanned:])):
                self._resets += [i for i in range(scanned, len(values)) if values[i] < values[i - 1]]
            self._scanned = len(values)
        return sum(values[i - 1] for i in self._resets if first < i <= last) if self._resets else 0.0

    def drop(self, count: int) -> None:
        """Forget the oldest `count` values; the times are the store's."""
        del self.values[:count]
        self._resets.clear()
        self._scanned = 1


class Store:
    """A fixed set of series, scraped row by row."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.series: list[Series] = []
        self._appends: list[Callable[[float], None]] = []

    def add(self, name: str, **labels: str) -> int:
        """Declare a series before the first scrape; its column in every row is returned."""
        series = Series(label_set([(NAME, name), *labels.items()]), self.times)
        self.series.append(series)
        self._appends.append(series.values.append)
        return len(self.series) - 1

    def scrape(self, at: int, row: Sequence[float]) -> None:
        """Keep one value of every series, at `at` Unix milliseconds."""
        self.times.append(at)
        for append, value in zip(self._appends, row, strict=True):
            append(value)

    def forget(self, before: int) -> None:
        """Drop what was scraped before `before` Unix milliseconds."""
        count = next((i for i, at in enumerate(self.times) if at >= before), len(self.times))
        del self.times[:count]
        for series in self.series:
            series.drop(count)
