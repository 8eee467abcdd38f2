"""Saving: private, never over anything."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui.core.saved import folder, save
from tui.model.errors import SourceError


def test_a_saved_file_is_new_private_and_whole(tmp_path: Path) -> None:
    into = tmp_path / "state" / "saved"
    first = save("echo 1", name="queue/../depth step", suffix=".sh", into=into)
    second = save("echo 2", name="queue/../depth step", suffix=".sh", into=into)
    assert (first.name, second.name) == ("queue-depth-step.sh", "queue-depth-step-2.sh")
    assert (first.read_text(), second.read_text()) == ("echo 1\n", "echo 2\n")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(into.stat().st_mode) == 0o700


def test_a_name_of_nothing_but_signs_still_is_one(tmp_path: Path) -> None:
    assert save("x", name="../..", suffix=".txt", into=tmp_path) == tmp_path / "saved.txt"


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match=r"save a\.sh: .*\nhint: check that "):
        save("x", name="a", suffix=".sh", into=tmp_path / "file" / "below")


def test_the_folder_is_the_users_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder({"XDG_STATE_HOME": "/x"}) == Path("/x/ops-center/saved")
    assert folder({}) == folder({"XDG_STATE_HOME": "relative"}) == tmp_path / ".local/state/ops-center/saved"
