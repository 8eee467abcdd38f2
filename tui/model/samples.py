"""Answers of a metrics backend."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tui.model.errors import SourceError


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One instant value of one series.

    `value` is in the expression's unit and may be NaN or ±inf; None means the answer was empty.
    `at` is Unix seconds UTC, stamped by the server, not by us.
    """

    value: float | None
    at: float
    labels: Mapping[str, str] = {}


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an instant query: no, one or many samples, and what the server warned of."""

    samples: tuple[Sample, ...]
    at: float
    warnings: tuple[str, ...] = ()

    def single(self, expr: str) -> Sample:
        """The one sample of a tile's expression; an empty answer is a Sample without value.

        Raises:
            SourceError: more than one series, since a tile shows one number.
        """
        if len(self.samples) > 1:
            raise SourceError(
                f"query {expr}",
                f"{len(self.samples)} series, a tile shows one",
                "aggregate in the catalog, for example sum(…) or max(…)",
                up=True,
            )
        return self.samples[0] if self.samples else Sample(value=None, at=self.at)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One series of a range query on an even grid.

    `values[i]` belongs to `start + i * step`, in Unix seconds; a gap is None, never dropped.
    """

    start: float
    step: float
    values: tuple[float | None, ...]
    labels: Mapping[str, str] = {}


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a range query."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
