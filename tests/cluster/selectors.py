"""Label and field selectors.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.cluster.errors import ApiError
from tests.cluster.objects import Object

Match = Callable[[Object], bool]

_TERM = re.compile(
    r"""\s*(?:
    (?P<absent>!)?\s*(?P<key>[\w./-]+)\s*
    (?:(?P<op>==|!=|=)\s*(?P<value>[\w./-]*)|(?P<set>notin|in)\s*\((?P<values>[^)]*)\))?
)\s*(?:,|$)""",
    re.VERBOSE,
)


def everything(_: Object) -> bool:
    """Matches all."""
    return True


def _terms(text: str) -> list[re.Match[str]]:
    terms, position = [], 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None:
            raise ApiError(400, f"unable to parse requirement: {text!r}")
        terms.append(term)
        position = term.end()
    return terms


def _holds(term: re.Match[str], labels: Mapping[str, str]) -> bool:
    value = labels.get(term["key"])
    if term["absent"]:
        return value is None
    if term["set"]:
        among = value in [item.strip() for item in term["values"].split(",")]
        return among == (term["set"] == "in")
    if term["op"] is None:
        return value is not None
    return (value == term["value"]) == (term["op"] != "!=")


def by_labels(text: str) -> Match:
    """`app=api,tier in (a, b),!legacy`; raises ApiError 400."""
    terms = _terms(text)
    return lambda obj: all(_holds(term, obj["metadata"].get("labels") or {}) for term in terms)


def by_fields(text: str) -> Match:
    """`metadata.name=x,status.phase!=Running`: any path of scalars; a path that is not there is empty."""
    wanted: list[tuple[list[str], str, bool]] = []
    for term in text.split(","):
        found = re.fullmatch(r"([\w.]+)(==|!=|=)(.*)", term)
        if found is None:
            raise ApiError(400, f"invalid selector: {term!r}")
        wanted.append((found[1].split("."), found[3], found[2] != "!="))

    def match(obj: Object) -> bool:
        for path, value, equal in wanted:
            at: object = obj
            for part in path:
                at = at.get(part, "") if isinstance(at, dict) else ""
            if (str(at) == value) != equal:
                return False
        return True

    return match


def by_spec(selector: Object) -> Match:
    """The `spec.selector` of a workload: `matchLabels` only, which is what kubectl creates."""
    wanted = selector.get("matchLabels", {}).items()
    return lambda obj: wanted <= (obj["metadata"].get("labels") or {}).items()


def both(first: Match, second: Match) -> Match:
    """Matches what both match."""
    return lambda obj: first(obj) and second(obj)


def query(parameters: Mapping[str, str]) -> Match:
    """What the request's `labelSelector` and `fieldSelector` let through."""
    match: Match = everything
    if labels := parameters.get("labelSelector"):
        match = by_labels(labels)
    if fields := parameters.get("fieldSelector"):
        match = both(match, by_fields(fields)) if match is not everything else by_fields(fields)
    return match
