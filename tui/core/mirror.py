"""Writes the catalog's alert rules where Prometheus and Kubernetes read them.

`dashboards/alert-rules.yml` is a Prometheus rule file; `k8s/alert-rules.yaml` is a ConfigMap that holds the same file
verbatim, so that a cluster without the Prometheus operator can mount it. Both are committed: a change of a rule is seen
in review, and a test fails when they and the catalog differ.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import yaml

from tui.model.catalog import AlertRule, Catalog
from tui.model.errors import ConfigError, Problem
from tui.model.text import sanitise

RULES: Final = "dashboards/alert-rules.yml"
CONFIG_MAP: Final = "k8s/alert-rules.yaml"

_NOTICE = "# Written from the catalog by `ops-center mirror`. Do not edit: the next run overwrites it.\n"
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


class Drift(msgspec.Struct, frozen=True):
    """One file that is not what the catalog says: `diff`, sanitised, leads from what it is to what it should be."""

    path: str
    diff: str


def render(catalog: Catalog) -> Mapping[str, str]:
    """The text of every mirrored file by its path below the folder that holds `dashboards/` and `k8s/`."""
    rules = _rule_file(catalog)
    return {RULES: rules, CONFIG_MAP: _config_map(rules)}


def drift(catalog: Catalog, folder: Path) -> list[Drift]:
    """The mirrored files below `folder` that are missing or differ from the catalog.

    Raises:
        ConfigError: a file is there and cannot be read.
    """
    found = []
    for path, wanted in render(catalog).items():
        current = _current(folder / path)
        if current != wanted:
            lines = difflib.unified_diff(
                (current or "").splitlines(keepends=True),
                wanted.splitlines(keepends=True),
                fromfile="/dev/null" if current is None else path,
                tofile=f"{path} (catalog)",
            )
            diff = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
            found.append(Drift(path, sanitise(diff)))
    return found


def write(catalog: Catalog, folder: Path) -> list[str]:
    """Bring the mirrored files below `folder` up to date; what is right already is not touched.

    Returns:
        Paths of the files written.

    Raises:
        ConfigError: a file cannot be read or written.
    """
    written = []
    for path, wanted in render(catalog).items():
        target = folder / path
        if _current(target) == wanted:
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError([Problem(str(target), f"cannot be written: {error.strerror}")]) from error
        written.append(path)
    return written


def _current(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from error


def _rule_file(catalog: Catalog) -> str:
    group = re.sub(r"[^a-z0-9]+", "-", catalog.title.lower()).strip("-") or "operations-center"
    rules = [_rule(alert, catalog.runbook_base.rstrip("/")) for alert in catalog.alert]
    return _NOTICE + _yaml({"groups": [{"name": group, "rules": rules}]})


def _rule(alert: AlertRule, base: str) -> Mapping[str, object]:
    annotations = {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{base}/{alert.runbook}",
    }
    if alert.related:
        annotations["related_runbooks"] = " ".join(f"{base}/{path}" for path in alert.related)
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": duration(alert.for_s),
        "labels": {"severity": alert.severity},
        "annotations": annotations,
    }


def _config_map(rules: str) -> str:
    head = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "prometheus-alert-rules", "labels": {"app": "prometheus"}},
    }
    mount = "# Mount it into Prometheus below a folder that `rule_files` names.\n"
    return f"{_NOTICE}{mount}{_yaml(head)}data:\n  alert-rules.yml: |\n{textwrap.indent(rules, '    ')}"


def duration(seconds: float) -> str:
    """`seconds` as Prometheus writes it, to the millisecond: `1h30m`, `10m`, `0s`."""
    rest = round(seconds * 1000)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _yaml(value: object) -> str:
    """Block style in the order given, one line a string."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=float("inf"))
