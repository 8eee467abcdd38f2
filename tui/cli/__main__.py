"""`python -m tui.cli` is `ops-center`."""

from tui.cli import main

main(prog_name="ops-center")
