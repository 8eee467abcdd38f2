"""Every rule of the runbook lint, by a page that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.core.lint import SECTIONS, lint
from tui.core.shell_variables import read_variables

HEADER = """# Broken

**Last Updated:** 2026-11-23

**Owner:** Operations

**Related Alerts:** none

**Keywords:** a

**When to Use:** never.

"""
TABLE = "\n## Parameters\n\n| Name | Meaning | Default | Secret |\n|---|---|---|---|\n| TENANT_ID | it | acme | no |\n"


def scenario(**bodies: str) -> str:
    """A whole scenario runbook; `bodies` by the first word of a section, in lower case."""
    return HEADER + "".join(f"## {title}\n\n{bodies.get(title.split()[0].lower(), '')}\n" for title in SECTIONS)


def problems(folder: Path, text: str) -> list[str]:
    page = folder / "page.md"
    page.write_text(text)
    return [f"{problem.place.removeprefix(f'{page}:')}: {problem.why}" for problem in lint([page])]


def test_a_sound_runbook_has_no_mistakes(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n## There\n")
    sound = scenario(
        quick="[a](other.md#there) [b](#diagnosis) [c](https://example.com/x) [d](mailto:a@b.c)\n",
        overview=TABLE,
        diagnosis='```bash {name=a on=kubernetes finding=#escalation}\necho "$TENANT_ID"\n```\n'
        "```bash {name=a on=compose finding=other.md#there}\nX=1; echo $X\n```\n"
        '```promql {name=b healthy="<= 5"}\nrate(x{t="$TENANT_ID"}[5m])\n```\n'
        "```jaeger {name=c}\nservice=api\ntags=tenant_id=$TENANT_ID\n```\n"
        "```yaml\na: $B\n```\n",
    )
    assert problems(tmp_path, sound) == []


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("```bash {name=a}\nif\n```", "syntax error"),
        ("```bash {name=a}\necho $UNSET\n```", "reads $UNSET, which nothing sets"),
        ('```promql {name=a}\nsum(x{t="$UNSET"})\n```', "reads $UNSET"),
        ("```promql {name=a}\nsum(\n```", "does not parse"),
        ("```jaeger {name=a}\nservices=api\n```", "not key=value"),
        ("```bash\ntrue\n```", "without a name"),
        ("```bash {name=Not_Kebab}\ntrue\n```", "not kebab-case"),
        ("```bash {name=a}\ntrue\n```\n\n```bash {name=a}\ntrue\n```", "is taken at line"),
        ("```bash {name=a on=kubernetes}\ntrue\n```", "exists on kubernetes only"),
        ("```bash {name=a finding=#nowhere}\ntrue\n```", "finding=#nowhere names a section that does not exist"),
        ("```bash {name=a finding=gone.md#x}\ntrue\n```", "names a file that does not exist"),
        ('```bash {name=a expect="("}\ntrue\n```', "expect is not a regular expression"),
        ("```bash {name=a mood=good}\ntrue\n```", "unknown attribute mood"),
        ("[x](gone.md)", "names a file that does not exist"),
        ("[x](#Overview)", "it is #overview"),
        ("```bash {name=a}\ntrue", "never closes"),
    ],
)
def test_a_mistake_is_found_where_it_is(tmp_path: Path, block: str, why: str) -> None:
    text = scenario() + "### Here\n\n" + block + "\n"
    (found,) = problems(tmp_path, text)
    line, said = found.split(": ", 1)
    assert why in said
    assert int(line) > text[: text.index("### Here")].count("\n")


def test_what_one_platform_has_not_may_be_said_in_words(tmp_path: Path) -> None:
    block = "### Here\n\n```bash {name=a on=kubernetes}\ntrue\n```\n\nDocker Compose has no pods.\n"
    assert problems(tmp_path, scenario() + block) == []
    apart = "### Kubernetes\n\n```bash {name=a on=kubernetes}\ntrue\n```\n\n### Docker Compose\n\nA folder.\n"
    assert problems(tmp_path, scenario() + apart) == []


def test_sections_are_in_order_and_whole(tmp_path: Path) -> None:
    text = scenario().replace("## Symptoms\n\n\n", "").replace("## Overview", "## Introduction")
    found = "\n".join(problems(tmp_path, text))
    assert "section Introduction is none of the eight" in found
    assert "section Overview is missing before Diagnosis" in found
    assert "section Symptoms is missing before Diagnosis" in found
    assert "section Escalation comes twice or too late" in problems(tmp_path, scenario() + "## Escalation\n")[0]
    assert "section Related Documentation is missing" in problems(tmp_path, scenario().rsplit("## ", 1)[0])[0]


@pytest.mark.parametrize("field", ["Last Updated", "Owner", "Related Alerts", "Keywords", "When to Use"])
def test_the_header_is_whole(tmp_path: Path, field: str) -> None:
    assert problems(tmp_path, scenario().replace(f"**{field}:**", "gone")) == [f"1: the header has no {field}"]


def test_a_page_that_is_no_scenario_needs_no_sections(tmp_path: Path) -> None:
    assert problems(tmp_path, "# Setup\n\n## Install\n\ntext\n") == []


def test_a_folder_is_linted_whole_and_a_missing_file_said(tmp_path: Path) -> None:
    for name in ("a.md", "b/c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# X\n\n[x](gone.md)\n")
    assert [problem.place for problem in lint([tmp_path])] == [f"{tmp_path}/a.md:3", f"{tmp_path}/b/c.md:3"]
    assert lint([tmp_path / "none.md"])[0].why == "no such runbook"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("echo \"$A\" '$B' ${C:-x} $1 $? $HOME", {"A", "C"}),
        ("awk '{ print $NF, $x }' \"$F\"", {"F"}),
        ("X=$(kubectl get pods -o jsonpath='{.items[0]}'); echo \"$X $Y\"", {"Y"}),
        ('kubectl exec x -- sh -c "echo \\$PGDATA $Q"', {"Q"}),
        ("python - <<'PY'\nprint('$Z')\nPY\necho $W", {"W"}),
        ("cat <<EOF\n$Z \\$patch\nEOF", {"Z"}),
        ("for i in 1 2; do echo $i; done", set()),
        ("while read -r a b; do echo $a $b $c; done", {"c"}),
        ("echo $'a\\'$b' $d", {"d"}),
        ('# $X\necho "# $Y"', {"Y"}),
        ("python3 -c '\nimport x\nprint(\"$no\")\n' $yes", {"yes"}),
        ('A="$(echo "$(printf \'%s$no\' "$B")")"; echo ${#L[@]}', {"B", "L"}),
        ("export A=1 B; echo $A $B", {"B"}),
        ("cat <<< $X", {"X"}),
    ],
)
def test_variables_a_block_reads(code: str, names: set[str]) -> None:
    assert read_variables(code) == names
