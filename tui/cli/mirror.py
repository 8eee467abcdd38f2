"""`ops-center mirror`: the catalog where Prometheus and Kubernetes read it."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli import options
from tui.model.errors import ConfigError


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--check", is_flag=True, help="Write nothing; show what differs and exit with 1 if anything does.")
@click.pass_context
def mirror(context: click.Context, *, folder: Path, check: bool) -> None:
    """Write the alert rules of the catalog below FOLDER, the current one by default.

    The catalog is FOLDER/dashboards/operations-center.toml unless the profile or --catalog names another. Written are
    dashboards/alert-rules.yml for Prometheus and k8s/alert-rules.yaml, a ConfigMap with the same rules.
    """
    from tui.core import catalog, mirror

    path = options.read_settings(context).profile.catalog or folder / "dashboards" / "operations-center.toml"
    try:
        known = catalog.load(path)
        if check:
            drifted = mirror.drift(known, folder)
            for one in drifted:
                click.echo(one.diff, nl=False)
            if drifted:
                names = ", ".join(one.path for one in drifted)
                click.echo(f"not what the catalog says: {names}\nhint: run ops-center mirror", err=True)
                context.exit(1)
            click.echo("the mirrored files are what the catalog says", err=True)
            return
        written = mirror.write(known, folder)
    except ConfigError as error:
        options.fail(error)
    for name in written:
        click.echo(name)
    if not written:
        click.echo("nothing to write: the mirrored files are what the catalog says", err=True)
