"""The workloads screen: what it says, and what every key on it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from tests.doubles import NOW
from tests.ui.pilots import SIZES, text, until
from tests.ui.test_demo import Demo
from tests.ui.workloads_host import Host, Pane
from tests.workload_doubles import DOWN, PLATFORM, REVISIONS, WORKER_REF, changed, pod, workload
from tui.model.workload import Change, Happening, Ref, Snapshot
from tui.screens.confirm import ConfirmScreen
from tui.screens.help import groups_of
from tui.screens.workload_detail import WorkloadDetailScreen
from tui.screens.workload_scale import ScaleScreen
from tui.screens.workload_undo import UndoScreen
from tui.screens.workloads import WorkloadsScreen
from tui.widgets.key_bar import KeyBar
from tui.widgets.lines import Lines
from tui.widgets.top_bar import TopBar, Where

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)

ROLLING = changed(
    workload(WORKER_REF), generation=6, observed_generation=6, template="b", current=4, updated=2, available=3
)
DONE = changed(ROLLING, current=3, updated=3)
SCALED = Happening(
    about="deployment/celery-worker",
    type="Normal",
    reason="ScalingReplicaSet",
    message="Scaled up replica set celery-worker-86d5c9f7b4 to 2",
    at=NOW,
)


async def confirm(pane: Pane, pilot: Pilot[None]) -> None:
    """Say yes as one does: move to the button, press enter."""
    await until(pilot, lambda: isinstance(pane.host.screen, ConfirmScreen))
    await pilot.press("right")
    await until(pilot, lambda: isinstance(pane.host.focused, Button) and pane.host.focused.id == "yes")
    await pilot.press("enter")
    await until(pilot, lambda: pane.host.screen is pane.screen)


async def on_worker(pane: Pane, pilot: Pilot[None]) -> None:
    """Settle with the cursor on the workers."""
    await pane.settle(pilot)
    await pilot.press("down")
    await until(pilot, lambda: pane.screen._rights.knows("restart", "deployment/celery-worker"))


async def test_it_lists_workloads_with_what_one_asks_of_them(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        lines = pane.read("#workloads").splitlines()
        assert lines[0].split()[:7] == ["STATE", "WORKLOAD", "WANT", "UPD", "READY", "AVAIL", "AGE"]
        worker = next(line for line in lines if "celery-worker" in line)
        assert worker.split()[:9] == ["›", "▲", "DEGRADED", worker.split()[3], "3", "3", "2", "2", "12d"]
        assert "40s" in worker
        assert ("celery-worker:1.4.2" in worker) == (size == SIZES["wide"])
        assert "● OK" in next(line for line in lines if "postgres" in line)
        assert "3 of 3 updated, waiting for 1 to become ready, 8m12s of 10m" in pane.read("WorkloadNote")


async def test_the_pods_of_the_one_under_the_cursor_the_worst_first(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        _, first, _, third = pane.read("#pods").splitlines()
        assert first.split()[:3] == ["›", "■", "CrashLoopBackOff"]
        assert "-zz9qd" in first
        assert "Error 1 40s" in first
        assert "OOMKilled 137" in third
        assert ("node-b" in third) == (size == SIZES["wide"])
        oom = next(span for line in pane.screen.query_one("#pods", Lines)._lines for span in line if "OOM" in span[0])
        assert oom[1] == "crit"


async def test_the_panes_follow_each_other_by_tab_and_arrows(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        seen = []
        for key in ("tab", "right", "tab", "shift+tab", "left", "escape"):
            await pilot.press(key)
            await pilot.pause()
            assert pane.host.focused is not None
            assert pane.host.focused.display
            seen.append(pane.host.focused.id)
        assert seen == ["pods", "events", "workloads", "events", "pods", "workloads"]
        assert "BackOff ×14" in pane.read("#events")


async def test_only_the_pane_with_the_focus_has_the_cursor(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)

    def lit(name: str) -> bool:
        return any(tone == "cursor" for line in pane.screen.query_one(name, Lines)._lines for _, tone in line)

    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        assert (lit("#workloads"), lit("#pods")) == (True, False)
        await pilot.press("tab")
        await pilot.pause()
        assert (lit("#workloads"), lit("#pods")) == (False, True)


async def test_enter_shows_the_workload_in_full_and_keeps_it_current(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pane.host.screen, WorkloadDetailScreen))
        assert "requests cpu 250m, memory 256Mi · limits memory 512Mi" in pane.dialog
        assert "enough replicas serve, for 2h" in pane.dialog
        pane.bench.cluster.push(ROLLING)
        await pilot.pause()
        detail = pane.host.screen
        assert isinstance(detail, WorkloadDetailScreen)
        detail.show()
        assert "2 of 3 updated, waiting for 1 to become ready, 8m12s of 10m left" in pane.dialog
        present = pane.bench.cluster.present
        assert present is not None
        pane.bench.cluster.push(workloads=present.workloads[:1])
        await pilot.pause()
        detail.show()
        assert "It is gone; this is how it was." in pane.dialog
        await pilot.press("escape")
        assert pane.host.screen is pane.screen


async def test_enter_on_a_pod_says_what_ended_it(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("tab", "end", "enter")
        await until(pilot, lambda: isinstance(pane.host.screen, WorkloadDetailScreen))
        assert "last ended: OOMKilled, exit code 137, 12m ago: it used more memory than its limit" in pane.dialog
        await pilot.press("q", "tab", "enter")
        await until(pilot, lambda: "14 times, last 40s ago" in pane.dialog)


async def test_a_restart_is_confirmed_followed_and_ends_with_done(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r")
        await confirm(pane, pilot)
        await until(pilot, lambda: "the server took it" in pane.read("RolloutList"))
        assert pane.bench.cluster.done == [Change(verb="restart", target="deployment/celery-worker")]
        pane.bench.cluster.push(ROLLING, events=(*PLATFORM.events, SCALED))
        await until(pilot, lambda: "2 of 3 updated" in pane.read("RolloutList"))
        said = pane.read("RolloutList")
        assert "██████████░░░░░░░░░░  50%" in said
        assert "8m12s of 10m left" in said
        assert "ScalingReplicaSet" in said or size == SIZES["small"]
        pane.bench.cluster.push(DONE)
        await until(pilot, lambda: "● DONE" in pane.read("RolloutList"))
        assert "3 of 3 updated and ready" in pane.read("RolloutList")


async def test_cancel_changes_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        for keys in (("r", "enter"), ("r", "escape"), ("s", "escape"), ("u", "escape"), ("s", "enter", "escape")):
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            await until(pilot, lambda: pane.host.screen is pane.screen)
        assert pane.bench.rollouts.all == ()
        assert pane.bench.cluster.done == []


async def test_undo_goes_to_the_revision_that_was_chosen_by_its_difference(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("u")
        await until(pilot, lambda: "1.4.1" in pane.dialog)
        assert "-    image: registry.example/platform/celery-worker:1.4.2" in pane.dialog
        assert "+    image: registry.example/platform/celery-worker:1.4.1" in pane.dialog
        await pilot.press("up", "enter")
        assert "revision 42 is what runs now" in pane.notices[-1]
        assert isinstance(pane.host.screen, UndoScreen)
        await pilot.press("down", "down")
        await until(pilot, lambda: "+        memory: 256Mi" in pane.dialog)
        await pilot.press("tab", "shift+tab", "enter")
        await confirm(pane, pilot)
        await until(pilot, lambda: pane.bench.cluster.done)
        assert pane.bench.cluster.done == [Change(verb="undo", target="deployment/celery-worker", argument="39")]


@pytest.mark.parametrize(
    ("known", "says"),
    [(DOWN, "connection refused"), ((), "no other revision"), (REVISIONS[:1], "no other revision")],
    ids=["down", "none", "one"],
)
async def test_undo_without_revisions_says_why(tmp_path: Path, size: tuple[int, int], known: object, says: str) -> None:
    pane = Pane(tmp_path)
    pane.bench.cluster.known = known  # type: ignore[assignment] # one of the three
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("u")
        await until(pilot, lambda: says in " ".join(pane.dialog.split()))
        assert "hint: " in pane.dialog
        await pilot.press("enter", "escape")
        assert pane.host.screen is pane.screen


async def test_scale_takes_a_number_and_zero_is_dangerous(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pane.host.screen, ScaleScreen))
        await pilot.press("up", "up")
        await until(pilot, lambda: "2 more than now" in pane.dialog)
        await pilot.press("enter")
        await confirm(pane, pilot)
        await until(pilot, lambda: pane.bench.cluster.done)
        assert pane.bench.cluster.done[-1].argument == "5"
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pane.host.screen, ScaleScreen))
        await pilot.press("backspace", "backspace", "enter")
        assert isinstance(pane.host.screen, ScaleScreen)
        await pilot.press("0", "down")
        await until(pilot, lambda: "nothing serves any more" in pane.dialog)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pane.host.screen, ConfirmScreen))
        assert pane.host.screen.query_one("#yes", Button).disabled
        pane.host.screen.query_one(Input).focus()
        await pilot.press(*"celery-worker", "enter", "enter")
        await until(pilot, lambda: pane.bench.cluster.done[-1].argument == "0")


async def test_deleting_wants_a_pod_under_the_cursor(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("d")
        await pilot.pause()
        assert pane.notices == ["go to the pods (tab) and put the cursor on one"]
        await pilot.press("tab", "d")
        await confirm(pane, pilot)
        await until(pilot, lambda: pane.bench.cluster.done)
        assert pane.bench.cluster.done == [Change(verb="delete-pod", target="pod/celery-worker-7c9d8b6f54-zz9qd")]
        await until(pilot, lambda: "waiting for it to end" in pane.read("RolloutList"))


async def test_what_is_not_permitted_is_struck_out_and_says_why(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    why = "not allowed to patch deployments in namespace staging"
    pane.bench.cluster.denied = {"restart": why, "undo": why}
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        assert f"✕ r u not permitted: {why}" in pane.read("WorkloadNote")
        bar = pane.screen.query_one(KeyBar)
        await until(pilot, lambda: "Restart" in str(bar.render()))
        states = {key: one.enabled for key, one in pane.screen.active_bindings.items()}
        assert (states["r"], states["u"], states["s"]) == (False, False, True)
        await pilot.press("r")
        await pilot.pause()
        assert pane.notices == [why]
        assert pane.host.screen is pane.screen


async def test_read_only_permits_nothing_and_shows_everything(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path, read_only=True)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r", "u", "s")
        await pilot.pause()
        assert pane.notices == ["read-only: the profile staging changes nothing"] * 3
        assert "r u s not permitted: read-only" in pane.read("WorkloadNote")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"paused": True}, "is paused: nothing would roll out\nhint: kubectl rollout resume deployment/celery-worker"),
        ({"restarted_at": NOW - 0.5}, "was restarted within this second"),
    ],
    ids=["paused", "twice"],
)
async def test_what_would_come_to_nothing_is_said_instead(
    tmp_path: Path, size: tuple[int, int], fields: dict[str, object], says: str
) -> None:
    worker = changed(workload(WORKER_REF), **fields)
    pane = Pane(tmp_path, changed(PLATFORM, workloads=(workload(Ref("Deployment", "api"), 2), worker)))
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r")
        await until(pilot, lambda: pane.notices)
        assert says in pane.notices[0]
        assert pane.host.screen is pane.screen


async def test_leaving_the_screen_does_not_stop_the_following(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r")
        await confirm(pane, pilot)
        await until(pilot, lambda: pane.bench.rollouts.summary == "0% celery-worker")
        await pane.host.pop_screen()
        await pilot.pause()
        assert pane.bench.cluster.watching == 1
        pane.bench.cluster.push(ROLLING)
        await until(pilot, lambda: pane.bench.rollouts.summary == "50% celery-worker")
        pane.bench.cluster.push(DONE)
        await until(pilot, lambda: not pane.bench.cluster.watching)
        assert [one.state for one in pane.bench.rollouts.all] == ["done"]


async def test_changes_have_a_pane_with_detail_and_can_be_let_go(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r")
        await confirm(pane, pilot)
        await until(pilot, lambda: "the server took it" in pane.read("RolloutList"))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(pane.host.screen, WorkloadDetailScreen))
        assert "The server said\nrestarted" in pane.dialog
        await pilot.press("escape", "x")
        await until(pilot, lambda: "no longer followed; it goes on" in pane.read("RolloutList"))
        await pilot.press("x")
        await until(pilot, lambda: not pane.screen.query_one("RolloutList").display)
        assert pane.host.focused is not None
        assert pane.host.focused.id == "workloads"


async def test_logs_are_asked_for_the_pod_or_for_all_of_the_workload(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("l", "tab", "l")
        await pilot.pause()
        assert pane.host.opened == [("app=celery-worker", ""), ("app=celery-worker", "celery-worker-7c9d8b6f54-zz9qd")]


async def test_no_platform_says_what_to_set(tmp_path: Path, size: tuple[int, int]) -> None:
    bench = Pane(tmp_path).bench
    host = Host(lambda: WorkloadsScreen(None, bench.gate, None, bench.identity, bench.clock))
    async with host.run_test(size=size) as pilot:
        await pilot.pause()
        said = text(host.screen.query_one("#workloads", Lines))
        assert "the profile names neither kubernetes nor compose" in said
        assert "hint: " in said
        await pilot.press("r", "f5", "tab", "enter", "x", "l")
        await pilot.pause()
        assert "neither kubernetes nor compose" in next(iter(host._notifications)).message


async def test_an_empty_namespace_is_not_an_outage(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path, Snapshot(at=NOW))
    async with pane.host.run_test(size=size) as pilot:
        await until(pilot, lambda: "There are no workloads here." in pane.read("#workloads"))
        assert "is it the right context and namespace?" in pane.read("#workloads")
        assert not pane.screen.query_one("Banner").has_class("-shown")


async def test_an_outage_keeps_what_was_last_known_with_its_age(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        pane.bench.clock.now += 185
        pane.bench.cluster.push(stale="connection refused")
        await until(pilot, lambda: "connection refused" in pane.read("Banner"))
        assert "as of 3m ago" in str(pane.screen.query_one("#workloads").border_title)
        assert "celery-worker" in pane.read("#workloads")
        pane.bench.cluster.push(stale="", at=NOW + 186)
        await until(pilot, lambda: not pane.screen.query_one("Banner").has_class("-shown"))


async def test_a_platform_that_was_never_reached_and_f5(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    pane.bench.cluster.broken = DOWN
    async with pane.host.run_test(size=size) as pilot:
        await until(pilot, lambda: len(pane.host.screen_stack) > 1 and "refused" in pane.read("Banner"))
        assert "not known" in pane.read("#workloads")
        assert "hint: is the cluster up?" in pane.read("Banner")
        pane.bench.cluster.broken = None
        await pilot.press("f5")
        await until(pilot, lambda: "celery-worker" in pane.read("#workloads"))
        assert not pane.screen.query_one("Banner").has_class("-shown")


async def test_what_is_cut_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path, changed(PLATFORM, cut="events: not allowed to list events", events=()))
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        assert "▲ left out: events: not allowed to list events" in pane.read("WorkloadNote")


async def test_a_reference_opens_with_an_action_also_before_the_first_answer(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    pane = Pane(tmp_path, None)
    async with pane.host.run_test(size=size) as pilot:
        await until(pilot, lambda: len(pane.host.screen_stack) > 1)
        waiting = asyncio.create_task(pane.screen.open_ref(WORKER_REF, "restart"))
        await pilot.pause()
        pane.bench.cluster.present = PLATFORM
        pane.bench.cluster.push()
        await waiting
        await until(pilot, lambda: "all 3 replicas of deployment/celery-worker" in pane.dialog)
        assert isinstance(pane.host.screen, ConfirmScreen)
        await pilot.press("escape")
        await pane.screen.open_ref(Ref("Deployment", "gone"))
        await until(pilot, lambda: pane.notices)
        assert pane.notices[-1] == "deployment/gone is not among the workloads"


async def test_the_cursor_stays_on_its_row_when_others_come_and_go(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("tab", "down")
        pane.bench.cluster.push(
            workload(Ref("Deployment", "zeta")),
            pods=(*PLATFORM.pods, pod(WORKER_REF, "7c9d8b6f54-00000", phase="Failed", ready=False)),
        )
        await until(pilot, lambda: "-00000" in pane.read("#pods"))
        held = [line for line in pane.read("#pods").splitlines() if line.startswith("›")]
        assert len(held) == 1
        assert "-4nn5p" in held[0]


async def test_ten_thousand_pods_are_drawn_by_the_screenful(tmp_path: Path, size: tuple[int, int]) -> None:
    many = tuple(pod(WORKER_REF, f"7c9d8b6f54-{i:05}") for i in range(10_000))
    pane = Pane(tmp_path, changed(PLATFORM, pods=many))
    async with pane.host.run_test(size=size) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("tab", "end")
        await pilot.pause()
        pods = pane.screen.query_one("#pods", Lines)
        assert len(pods._lines) <= pods.size.height
        assert "-09999" in pane.read("#pods")
        assert str(pods.border_subtitle) == "10000 of 10000"


async def test_hostile_names_are_drawn_as_text(tmp_path: Path, size: tuple[int, int]) -> None:
    evil = Ref("Deployment", "[/x][@click=app.bell]a[/]")
    pane = Pane(tmp_path, Snapshot(at=NOW, workloads=(workload(evil, 1),), pods=(pod(evil, "[red]"),)))
    async with pane.host.run_test(size=size) as pilot:
        await pane.settle(pilot)
        assert "[/x][@click" in pane.read("#workloads")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pane.host.screen, WorkloadDetailScreen))
        await pilot.press("escape", "r")
        await until(pilot, lambda: isinstance(pane.host.screen, ConfirmScreen))
        assert "[/x][@click=app.bell]a[/]" in pane.dialog


async def test_nothing_is_repainted_when_nothing_has_changed(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = Pane(tmp_path, changed(PLATFORM, workloads=(workload(WORKER_REF),)))
    async with pane.host.run_test(size=size) as pilot:
        await pane.settle(pilot)
        painted: list[object] = []
        monkeypatch.setattr(Lines, "refresh", lambda self, *regions, **_more: painted.append((self, regions)))
        for _ in range(6):
            pane.screen._tick()
        pane.bench.cluster.push(at=NOW + 1)
        await until(pilot, lambda: pane.bench.feed.latest is pane.bench.cluster.present)
        assert painted == []


async def test_a_click_opens_and_the_heads_are_no_row(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await pane.settle(pilot)
        await pilot.click("#workloads", offset=(10, 1))
        assert pane.host.screen is pane.screen
        await pilot.click("#workloads", offset=(10, 3))
        await until(pilot, lambda: isinstance(pane.host.screen, WorkloadDetailScreen))
        assert str(pane.host.screen.query_one("#detail").border_title) == "deployment/celery-worker"


async def test_every_key_is_in_the_help(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await pane.settle(pilot)
        groups = dict(groups_of(cast("Screen[object]", pane.screen)))
        assert {keys for keys, _ in groups["Workloads"]} >= {"r", "u", "s", "d", "l", "x", "f5"}


async def test_the_top_line_says_on_every_screen_that_a_change_runs(tmp_path: Path, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path)
    async with pane.host.run_test(size=size) as pilot:
        await pane.settle(pilot)
        bar, where = pane.screen.query_one(TopBar), pane.screen.query_one(Where)
        said: Callable[[], str] = lambda: str(where.render())  # noqa: E731 - a name for what is read three times
        bar.show_rollout("66% celery-worker")
        assert "↻ 66%" in said()
        bar.show_alerts(firing=12, pending=12)
        assert "↻ 66%" in said()
        assert where.size.width >= len(said())
        bar.show_rollout("")
        assert "↻" not in said()


async def test_this_screens_keys_come_before_the_apps_where_it_is_tight(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "Delete pod" in str(demo.app.screen.query_one(KeyBar).render()))
        said = str(demo.app.screen.query_one(KeyBar).render())
        assert said.rstrip().endswith("? Help  q Quit")
        assert len(said) <= size[0]
        assert ("1 Overview" in said) == (size == SIZES["wide"])
