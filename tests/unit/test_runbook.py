"""The runbook parser: what is read from a page, and that no text whatever makes it raise."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model import fences, header, markdown
from tui.model.runbook import Parameter, Runbook, parse
from tui.model.slugs import Slugger, slug

PAGE = r"""# High Queue Depth

**Last Updated:** 2026-11-23\
**Owner:** Operations
**Related Alerts:** QueueDepthHigh, WorkerDown

**Keywords:** queue, `backlog`, slow updates
**When to Use:** 50 to 100 jobs wait and no alert has fired.

## Quick Links

- [Tracing](operations/distributed-tracing-setup.md)
- <https://example.com/a>, https://example.com/b and notes.md
  and [scale](#scale-out)

## Parameters

| Name | Meaning | Default | Secret |
|---|---|---|---|
| `TENANT_ID` | the tenant, case-sensitive | `acme` | no |
| API_KEY | the key | | yes |

## Diagnosis

### How deep?

```bash {name=queue-length on=kubernetes expect="^\d+$" healthy="^\"?([0-4]?\d|50)\"?$" finding=#scale-out}
kubectl exec deploy/redis -- redis-cli LLEN enhancement_queue
```

```promql {name=trend healthy="<= 50"}
deriv(queue_depth[15m])
```

## Resolution

### Scale out

```bash {name=scale on=compose}
docker compose up -d --no-recreate --scale worker=4 worker
```

```bash {name=drop risk=danger}
true
```

```yaml
replicas: 4
```
"""


@pytest.fixture(scope="module")
def page() -> Runbook:
    return parse(PAGE, "high-queue-depth.md")


def test_header_fields_are_read(page: Runbook) -> None:
    assert page.title == "High Queue Depth"
    assert page.header == header.Header(
        updated=dt.date(2026, 11, 23),
        owner="Operations",
        alerts=("QueueDepthHigh", "WorkerDown"),
        keywords=("queue", "backlog", "slow updates"),
        when="50 to 100 jobs wait and no alert has fired.",
    )
    assert page.problems == ()


def test_parameters_are_read_from_their_table(page: Runbook) -> None:
    assert page.parameters == (
        Parameter(name="TENANT_ID", meaning="the tenant, case-sensitive", default="acme", secret=False),
        Parameter(name="API_KEY", meaning="the key", default="", secret=True),
    )


def test_parameters_ignore_a_table_elsewhere() -> None:
    assert parse("## Parameters\n\nnone\n\n## Next\n\n| Name |\n|---|\n| X |\n").parameters == ()


def test_steps_carry_their_attributes(page: Runbook) -> None:
    depth = page.steps[0]
    assert (depth.language, depth.name, depth.on, depth.risk) == ("bash", "queue-length", "kubernetes", "read")
    assert depth.expect == r"^\d+$"
    assert depth.healthy == r'^"?([0-4]?\d|50)"?$'
    assert depth.finding == "#scale-out"
    assert depth.code == "kubectl exec deploy/redis -- redis-cli LLEN enhancement_queue"
    assert depth.section == "how-deep"
    assert PAGE.split("\n")[depth.line - 1].startswith("```bash {name=queue-length")
    assert page.steps[1].healthy == "<= 50"


def test_risk_is_change_under_resolution_and_read_elsewhere(page: Runbook) -> None:
    assert [(step.name, step.risk) for step in page.steps] == [
        ("queue-length", "read"),
        ("trend", "read"),
        ("scale", "change"),
        ("drop", "danger"),
    ]


def test_a_resolution_below_an_alert_counts() -> None:
    page = parse("## WorkerDown\n### Resolution\n#### Restart\n```bash\nx\n```\n### Escalation\n```bash\ny\n```\n")
    assert [step.risk for step in page.steps] == ["change", "read"]


def test_a_query_never_changes_anything() -> None:
    page = parse("## Resolution\n```promql\nup\n```\n```jaeger\nservice=api\n```\n")
    assert [step.risk for step in page.steps] == ["read", "read"]


def test_a_block_in_another_language_is_no_step(page: Runbook) -> None:
    assert "replicas: 4" not in [step.code for step in page.steps]


def test_links_know_their_line(page: Runbook) -> None:
    lines = PAGE.split("\n")
    assert [link.href for link in page.links] == [
        "operations/distributed-tracing-setup.md",
        "https://example.com/a",
        "https://example.com/b",
        "#scale-out",
    ]
    assert page.links[0].text == "Tracing"
    assert "#scale-out" in lines[page.links[3].line - 1]


def test_sections_know_where_they_end(page: Runbook) -> None:
    lines = PAGE.split("\n")
    sections = {section.slug: section for section in page.sections}
    diagnosis = sections["diagnosis"]
    assert lines[diagnosis.start - 1] == "## Diagnosis"
    assert lines[diagnosis.end] == "## Resolution"
    assert sections["high-queue-depth"].end == len(lines)
    inside = page.section_at(diagnosis.start + 4)
    assert inside is not None
    assert inside.slug == "how-deep"


def test_an_anchor_is_found_in_another_case(page: Runbook) -> None:
    found = page.section("#Scale-Out")
    assert found is not None
    assert found.title == "Scale out"
    assert page.section("gone") is None


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("QueueDepthHigh", "queuedepthhigh"),
        ("1. How deep?", "1-how-deep"),
        ("A & B", "a--b"),
        ("snake_case-and-hyphen", "snake_case-and-hyphen"),
        ("Überlast der Datenbank", "überlast-der-datenbank"),
        ("数据库 连接", "数据库-连接"),
        ("✓ done", "-done"),
        ("a\tb", "ab"),
        ("\u201cquoted\u201d \u2013 dashed", "quoted--dashed"),
        ("e\u0301tat", "e\u0301tat"),
    ],
)
def test_slugs_are_those_of_github(title: str, anchor: str) -> None:
    assert slug(title) == anchor


def test_duplicate_headings_are_numbered_and_never_collide() -> None:
    slugger = Slugger()
    assert [slugger.add(title) for title in ("Foo", "Foo", "foo 1", "Foo", "foo-1")] == [
        "foo",
        "foo-1",
        "foo-1-1",
        "foo-2",
        "foo-1-2",
    ]


@given(st.lists(st.text(max_size=8), max_size=30))
def test_anchors_of_a_page_are_unique(titles: list[str]) -> None:
    slugger = Slugger()
    anchors = [slugger.add(title) for title in titles]
    assert len(set(anchors)) == len(anchors)


# ── As found in the wild ─────────────────────────────────────────────────────────────────────────────────────────────


def test_title_without_h1_is_front_matters_then_the_files() -> None:
    front = '---\ntitle: "Disk full"\nlayout: doc\n---\n\ntext\n\n## First\n'
    page = parse(front, "disk.md")
    assert page.title == "Disk full"
    assert page.sections[0].start == 8
    assert parse("+++\ntitle = 'Hugo'\n+++\n").title == "Hugo"
    assert parse("text", "etcd_no-leader.md").title == "etcd no leader"
    assert parse("", "").title == "Untitled"


def test_a_thematic_break_at_the_top_is_no_front_matter() -> None:
    assert "Kept" in [section.title for section in parse("---\n\n# Kept\n\n---\n").sections]


def test_line_ends_and_byte_order_marks_do_not_matter() -> None:
    crlf = markdown.decode(b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode())
    assert parse(crlf, "high-queue-depth.md") == parse(PAGE, "high-queue-depth.md")
    assert parse(markdown.decode(PAGE.encode("utf-16")), "high-queue-depth.md") == parse(PAGE, "high-queue-depth.md")
    assert parse("# A\r\r## B\r").sections[1].title == "B"


def test_bytes_that_are_no_text_are_replaced() -> None:
    page = parse(markdown.decode(b"# Caf\xe9\x00 \xff\xfe\n"))
    assert page.title.startswith("Caf\ufffd")
    assert "\x00" not in page.text


def test_an_unclosed_fence_is_a_problem_and_no_step() -> None:
    page = parse("# T\n\n```bash {name=x}\nrm -rf build\n\n## Resolution\nprose\n", "t.md")
    assert page.steps == ()
    assert [problem.place for problem in page.problems] == ["t.md:3"]


def test_a_fence_in_a_comment_is_no_step() -> None:
    assert parse("<!--\n```bash\nx\n```\n\n# not a heading\n-->\n\ntext\n").steps == ()


def test_a_fence_in_a_list_or_quote_is_a_step() -> None:
    page = parse("1. do\n\n   ```sh\n   a\n     b\n   ```\n\n> ```shell\n> c\n> ```\n")
    assert [(step.language, step.code) for step in page.steps] == [("bash", "a\n  b"), ("bash", "c")]


@pytest.mark.parametrize(
    ("code", "command", "output"),
    [
        ("$ kubectl get pods\nNAME READY\nx 1/1", "kubectl get pods", "NAME READY\nx 1/1"),
        ("$ a\n$ b", "a\nb", ""),
        ("# list them\n$ a \\\n    --b\nout", "# list them\na \\\n    --b", "out"),
        ("$ cat <<EOF\n> one\n> EOF\none", "cat <<EOF\none\nEOF", "one"),
        ("echo a\ncat <<X\n$ not a prompt\nX", "echo a\ncat <<X\n$ not a prompt\nX", ""),
        ("", "", ""),
    ],
)
def test_transcripts_are_taken_apart(code: str, command: str, output: str) -> None:
    assert fences.transcript(code) == fences.Transcript(command, output)


def test_a_console_transcript_without_a_language_is_a_step() -> None:
    (step,) = parse("```\n$ uptime\n 3 days\n```\n").steps
    assert (step.code, step.output) == ("uptime", " 3 days")


@pytest.mark.parametrize(
    ("text", "language", "attributes", "leftover"),
    [
        ("bash", "bash", {}, ""),
        ("Bash {name=a}", "bash", {"name": "a"}, ""),
        ("bash{name=a}", "bash", {"name": "a"}, ""),
        (
            r'sh {a="x \"y\" \d }" b=\'z\' c=#d-e}'.replace(r"\'", "'"),
            "sh",
            {"a": r'x "y" \d }', "b": "z", "c": "#d-e"},
            "",
        ),
        (r'sh {a="\\"}', "sh", {"a": r"\\"}, ""),
        ("js {1,3-5}", "js", {}, "1,3-5"),
        ('bash title="x"', "bash", {}, ""),
        ("{name=a}", "", {"name": "a"}, ""),
        ("bash {name=a", "bash", {}, ""),
        ("", "", {}, ""),
    ],
)
def test_info_strings(text: str, language: str, attributes: dict[str, str], leftover: str) -> None:
    assert fences.info(text) == fences.Info(language, attributes, leftover)


def test_mistakes_are_reported_with_their_line_and_fail_safe() -> None:
    page = parse('# T\n\n```bash {name=a on=mars risk=fun expect="(" colour=red oops}\nx\n```\n', "t.md")
    step = page.steps[0]
    assert (step.on, step.risk, step.expect) == (None, "danger", "")
    assert {problem.place for problem in page.problems} == {"t.md:3"}
    assert len(page.problems) == 5


def test_a_date_that_is_none_is_a_problem() -> None:
    page = parse("# T\n\n**Last Updated:** last spring\n", "t.md")
    assert page.header.updated is None
    assert "last spring" in page.problems[0].why
    assert parse("# T\n\n**Last Updated:** 2026-02-31\n").header.updated is None


def test_long_lines_and_pages_are_cut_and_say_so() -> None:
    page = parse("# T\n\n" + "[" * 1_500_000 + "\n\n## After\n")
    assert len(page.text) < 50_000
    assert any("cut" in problem.why for problem in page.problems)
    page = parse("# T\n\n" + "line\n" * 300_000)
    assert len(page.text) <= markdown.MAX_TEXT
    assert any("cut" in problem.why for problem in page.problems)


def test_what_entities_and_escapes_decode_to_is_harmless() -> None:
    page = parse("# a&#x202e;b &rlm; &#27;\n\n[x&#x200f;y](https://e.org/%1b%5d52) <http://e.org/%1b%9b>\n")
    shown = page.title + "".join(link.text + link.href for link in page.links)
    assert all(unicodedata.category(char) not in {"Cc", "Cf"} for char in shown)


# ── Whatever comes ───────────────────────────────────────────────────────────────────────────────────────────────────

PIECES = st.sampled_from(
    [
        "# A", "## Resolution", "## Parameters", "a\n===", "---", "+++", "```bash {name=", "```", "~~~~promql",
        "````", "<!--", "-->", "> ", "- ", "1. ", "    ", "\t", "| a | b |", "|---|---|", "[a](#b)", "[a]: c",
        "![x](y)", "**Owner:**", "<b>", "&#x202e;", "\\", "`", "$ ls", "> x", "\x00", "\x1b[2J", "\u202e", "\r",
        "\r\n", "\ufeff", "\ud800", "expect=\"(?P<\"}", "}",
    ]
)  # fmt: skip
MARKDOWNISH = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "\n", "\n\n"])), max_size=40).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), MARKDOWNISH, st.binary().map(markdown.decode)), st.text(max_size=12))
def test_any_text_is_a_runbook(text: str, name: str) -> None:
    page = parse(text, name)
    assert page.title
    lines = page.text.count("\n") + 1
    for section in page.sections:
        assert 1 <= section.start <= section.end <= lines
    assert len({section.slug for section in page.sections}) == len(page.sections)
    for step in page.steps:
        assert 1 <= step.line <= lines
    shown = [
        page.title,
        page.text,
        *(link.text + link.href for link in page.links),
        *(step.code for step in page.steps),
    ]
    assert not any(unicodedata.category(char) == "Cc" and char not in "\n\t" for text in shown for char in text)


ORDINARY = st.lists(
    st.sampled_from(
        [
            "# Title", "## Two *words*", "### A `b_c` d", "Under\n-----", "prose with [a link](x.md)",
            "- item\n- item", "> quote", "```bash\n# comment\n```", "~~~\n## no\n~~~", "<!--\n# hidden\n-->",
            "| a |\n|---|\n| b |", "## Closed ##", "## C#",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(ORDINARY)
def test_the_quick_look_agrees_with_the_parse(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    full = parse(text, "x.md")
    quick = header.outline(markdown.prepare(text).text, "x.md")
    assert quick.title == full.title
    assert [(h.level, h.title, h.slug, h.line) for h in quick.headings] == [
        (s.level, s.title, s.slug, s.start) for s in full.sections
    ]
