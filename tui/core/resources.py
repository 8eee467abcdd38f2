"""Where the operator's files are: beside the package in a checkout, inside it when installed from a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = _PACKAGE / "_shipped"


def root() -> Path:
    """The folder that holds `runbooks/`, `dashboards/` and `k8s/`."""
    return _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


def runbooks() -> Path:
    """The shipped runbooks."""
    return root() / "runbooks"


def catalog() -> Path:
    """The shipped catalog."""
    return root() / "dashboards" / "operations-center.toml"
