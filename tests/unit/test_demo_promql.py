"""The demo's evaluator answers or says why not; what it answers is held to a real Prometheus in tests/sources."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.doubles import NOW, FakeClock
from tui.core import resources
from tui.core.catalog import load
from tui.model.errors import SourceError
from tui.sources.demo import DemoSource, Platform
from tui.sources.demo.promql import LONGEST, compile_query
from tui.sources.demo.source import MOST_POINTS

CATALOG = load(resources.catalog())
PLATFORM = Platform(1, FakeClock())
STORE = PLATFORM.store


def source() -> DemoSource:
    return DemoSource(PLATFORM, CATALOG)


vectors: st.SearchStrategy[str] = st.deferred(lambda: _vectors)
scalars: st.SearchStrategy[str] = st.deferred(lambda: _scalars)
durations = st.sampled_from(["1ms", "5m", "1h", "3d", "1h30m", "99y", "0s", "1e400"])
labels = st.sampled_from(["status", "tenant_id", "le", "pod", "__name__", "nowhere"])
metrics = st.sampled_from(
    [
        "queue_depth",
        "enhancement_requests_total",
        "enhancement_duration_seconds_bucket",
        "pg_stat_activity_count",
        '{__name__=~".+"}',
        'up{job!~"a.*"}',
        'up{job=~"(?i)API|[[x]"}',
        'up{job=~"\\\\pL+"}',
        "nothing",
    ]
)
ranges = st.builds("{}[{}]".format, metrics, durations) | st.builds("({})[{}:{}]".format, vectors, durations, durations)
operators = st.sampled_from(
    ["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "> bool", "and", "or", "unless", "atan2"]
)
matchings = st.just("") | st.builds(
    "{} ({}) {}".format,
    st.sampled_from(["on", "ignoring"]),
    labels,
    st.sampled_from(["", "group_left", "group_right (pod)"]),
)
_scalars: st.SearchStrategy[str] = (
    st.sampled_from(["0", "-1.5", "1e308", "NaN", "Inf", "time()", "0x1F"])
    | st.builds("scalar({})".format, vectors)
    | st.builds("({} {} {})".format, scalars, operators, scalars)
)
_vectors: st.SearchStrategy[str] = (
    metrics
    | st.builds("{} offset {}".format, metrics, durations)
    | st.builds(
        "{}({})".format,
        st.sampled_from(
            ["rate", "increase", "irate", "delta", "idelta", "deriv", "avg_over_time", "last_over_time", "changes"]
        ),
        ranges,
    )
    | st.builds("{}({})".format, st.sampled_from(["abs", "ceil", "round", "absent", "sort", "ln", "-"]), vectors)
    | st.builds("clamp({}, {}, {})".format, vectors, scalars, scalars)
    | st.builds("round({}, {})".format, vectors, scalars)
    | st.builds("histogram_quantile({}, {})".format, scalars, vectors)
    | st.builds(
        "{} {} ({}) ({})".format,
        st.sampled_from(["sum", "avg", "min", "max", "count", "stddev"]),
        st.sampled_from(["by", "without"]),
        labels,
        vectors,
    )
    | st.builds("{}({}, {})".format, st.sampled_from(["topk", "bottomk", "quantile"]), scalars, vectors)
    | st.builds("({} {} {} {})".format, vectors, operators, matchings, vectors)
    | st.builds("({} {} {})".format, vectors, operators, scalars)
    | st.builds("vector({})".format, scalars)
)


@settings(deadline=None, max_examples=300)
@given(vectors | scalars | ranges)
def test_whatever_is_asked_is_answered_or_refused(expr: str) -> None:
    try:
        found = compile_query(expr, STORE).at(round(NOW * 1000))
    except SourceError as error:
        refused: SourceError | None = error
    else:
        refused = None
        assert all(isinstance(value, float | int) for _, value in found)
        assert len({labels for labels, _ in found}) == len(found)
    assert refused is None or (refused.up and refused.why and refused.hint)


@settings(deadline=None)
@given(st.text() | st.text(alphabet="abrsumte_()[]{}=~\"'!<>+-*/%^,.:0159mhd \n\\@", max_size=40))
@example("(" * 50_000)
@example("-" * (LONGEST - 1) + "a")
@example("(" * (LONGEST // 2 - 1) + "a" + ")" * (LONGEST // 2 - 1))
@example("+".join("a" * (LONGEST // 2)))
@example("queue_depth[1e400]")
@example("queue_depth offset 200000000y")
@example('queue_depth{a=~"x{65536,99999}"}')
@example('queue_depth{a=~"\ud800"}')
@example("max_over_time(queue_depth[99y:1ms])")
@example("\x1b]52;c;AAAA\x07")
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        compile_query(text, STORE).at(round(NOW * 1000))
    except SourceError as error:
        said = str(error)
    else:
        said = ""
    assert not {"\x1b", "\x07"} & set(said)


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        ("sum(", "bad_data: parse error: unclosed left parenthesis"),
        ("", "bad_data: parse error: no expression found in input"),
        ("rate(queue_depth)", "bad_data: parse error: expected type matrix in call to function 'rate', got vector"),
        ("ln(queue_depth)", "the demo does not evaluate ln()"),
        ("stddev(queue_depth)", "the demo does not evaluate stddev"),
        ("queue_depth atan2 queue_depth", "the demo does not evaluate atan2"),
        ("queue_depth @ 5", "the demo does not evaluate the @ modifier"),
        ("max_over_time(queue_depth[5m:1m] @ 5)", "the demo does not evaluate the @ modifier"),
        ("max_over_time(queue_depth[1y:1s])", "the demo does not evaluate subqueries of more than 11,000 steps"),
        ("queue_depth[5m]", "the demo does not evaluate a range vector without a function over it"),
        ('"text"', "the demo does not evaluate a string"),
        ('up{job="a" or job="b"}', "the demo does not evaluate `or` between matchers"),
        ("up + fill(0) up", "the demo does not evaluate fill modifiers"),
        ('up{job=~"\\\\pL"}', "the demo does not evaluate the regular expression \\pL"),
        ("queue_depth" * LONGEST, f"the demo does not evaluate expressions of more than {LONGEST:,} characters"),
        ("-" * (LONGEST - 1) + "a", "the demo does not evaluate an expression nested that deeply"),
        (
            "-{__name__=~'queue_depth|worker_active_count'}",
            "execution: vector cannot contain metrics with the same labelset",
        ),
    ],
)
async def test_says_what_it_does_not_evaluate(expr: str, why: str) -> None:
    with pytest.raises(SourceError) as refused:
        await source().instant(expr)
    assert refused.value.why == why
    assert refused.value.what.startswith("query ")
    assert refused.value.up


async def test_an_unknown_metric_is_an_empty_answer() -> None:
    answer = await source().instant("no_such_metric")
    assert answer.samples == ()
    assert answer.at == NOW


async def test_a_number_is_one_sample_without_labels() -> None:
    (sample,) = (await source().instant("1 + 1")).samples
    assert (sample.value, sample.labels, sample.at) == (2, {}, NOW)


async def test_a_window_keeps_its_gaps_and_its_order() -> None:
    """`queue_depth > 0` holds now and then only; every series spans the whole grid."""
    step, points = 15, 121
    start = NOW - step * (points - 1)
    matrix = await source().window("queue_depth > 0", start=start, step=step, points=points)
    (series,) = matrix.series
    assert (series.start, series.step, len(series.values)) == (start, step, points)
    assert None in series.values
    for point, value in enumerate(series.values):
        found = compile_query("queue_depth > 0", STORE).at(round((start + point * step) * 1000))
        assert [value for _, value in found] == ([] if value is None else [value])
    tenants = await source().window(
        "sum by (tenant_id) (up or enhancement_requests_total)", start=NOW, step=1, points=1
    )
    assert [one.labels.get("tenant_id") for one in tenants.series] == [None, "acme", "globex", "initech", "umbra"]


@pytest.mark.parametrize(
    ("start", "step", "points"),
    [(NOW, 0, 10), (NOW, -1, 10), (NOW, 1, 0), (NOW, 1, MOST_POINTS + 1), (math.nan, 1, 10), (NOW, math.inf, 2)],
)
async def test_an_impossible_window_is_refused(start: float, step: float, points: int) -> None:
    with pytest.raises(SourceError, match="11,000"):
        await source().window("queue_depth", start=start, step=step, points=points)


async def test_everything_in_the_catalog_is_evaluated() -> None:
    demo = source()
    for tile in CATALOG.tile:
        assert len((await demo.instant(tile.expr)).samples) == 1
    for expr in [
        *(trend.expr for trend in CATALOG.trend),
        *(action.expr for action in CATALOG.action if action.expr),
        *(rule.expr for rule in CATALOG.alert),
    ]:
        await demo.instant(expr)
