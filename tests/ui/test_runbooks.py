"""The runbook browser: what it shows, and what every key on it does."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from tests.doubles import NOW
from tests.ui.pilots import SIZES, text, until
from tui.core.library import Library
from tui.model.identity import Identity, Platform
from tui.screens.help import groups_of
from tui.screens.runbooks import RunbooksScreen
from tui.widgets.messages import SendToClipboard
from tui.widgets.outline import Outline
from tui.widgets.page_status import PageStatus
from tui.widgets.themes import DARK, LIGHT

FIXTURES = Path(__file__).parent / "fixtures" / "library"
QUEUE = "high-queue-depth.md"
sized = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


class Host(App[None]):
    """The screen alone, with what it tells the app kept."""

    def __init__(self, *folders: Path, platform: Platform | None = "kubernetes", theme: str = DARK.name) -> None:
        super().__init__()
        for known in (DARK, LIGHT):
            self.register_theme(known)
        self.theme = theme
        self.library = Library(folders or (FIXTURES,))
        identity = Identity(title="AI Agents Platform", profile="staging", platform=platform)
        self.runbooks = RunbooksScreen(self.library, identity, lambda: NOW)
        self.copied: list[tuple[str, str]] = []

    def on_mount(self) -> None:
        self.push_screen(self.runbooks)

    def on_send_to_clipboard(self, message: SendToClipboard) -> None:
        self.copied.append((message.text, message.what))

    @property
    def said(self) -> list[str]:
        """All notices, oldest first."""
        return [notice.message for notice in self._notifications]

    @property
    def reading(self) -> str:
        """Path of the open page."""
        page = self.runbooks.view.page
        return page.entry.path if page is not None else ""

    @property
    def status(self) -> str:
        return text(self.runbooks.query_one(PageStatus))

    @property
    def list(self) -> str:
        return text(self.runbooks.library_list)

    def shown(self) -> Sequence[str]:
        """The lines of the page in view."""
        view = self.runbooks.view
        return [view.render_line(y).text.rstrip() for y in range(view.size.height)]

    def cursor(self) -> str:
        """What of the page the cursor is drawn on."""
        view = self.runbooks.view
        cursor = view._styles.over("cursor").bgcolor if view._styles else None
        strips = [view.render_line(y) for y in range(view.size.height)]
        marked = [part.text for strip in strips for part in strip if part.style and part.style.bgcolor == cursor]
        return "".join(marked)


async def settled(pilot: Pilot[None], app: Host) -> None:
    await until(pilot, lambda: app.library.complete and app.list)
    await pilot.pause()


async def opened(pilot: Pilot[None], app: Host, target: str = QUEUE) -> None:
    await settled(pilot, app)
    await app.runbooks.open_target(target)
    await until(pilot, lambda: any(app.shown()))
    await pilot.pause()


async def typed(pilot: Pilot[None], words: str) -> None:
    await pilot.press(*("space" if char == " " else char for char in words))
    await pilot.pause()


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@sized
async def test_the_list_says_what_for_and_how_old(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await settled(pilot, app)
        lines = app.list.split("\n")
    assert lines[0].startswith("› High Queue Depth")
    assert lines[0].rstrip().endswith(" 3d")
    assert lines[1].startswith("  50 to 100 jobs wait in the queue")
    assert lines[2].rstrip().endswith(" ▲ 206d")
    assert lines[4].rstrip().endswith(" 0d")
    assert "undated" in lines[6]
    assert lines[6].rstrip().endswith(" no date")


@sized
async def test_typing_filters_and_enter_opens_where_it_matched(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await settled(pilot, app)
        await pilot.press("slash")
        await typed(pilot, "worker answers")
        assert "Alert Runbooks" in app.list
        assert "§ WorkerDown  No worker answers." in app.list
        assert "Queue Depth" not in app.list
        await pilot.press("enter")
        await until(pilot, lambda: app.reading == "operations/alert-runbooks.md")
        await pilot.pause()
        assert "WorkerDown" in app.status
        assert "hit 1 of 1" in app.status


@sized
async def test_the_filter_moves_the_list_and_escape_empties_it(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await settled(pilot, app)
        await pilot.press("slash", "down")
        assert "› Worker Failures" in app.list
        await pilot.press("up")
        assert "› High Queue Depth" in app.list
        await typed(pilot, "zeppelin")
        assert "No runbook matches “zeppelin”." in app.list
        await pilot.press("escape")
        await pilot.pause()
        assert "Worker Failures" in app.list
        assert app.runbooks.library_list.has_focus


async def test_keys_typed_in_one_go_reach_the_filter() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await settled(pilot, app)
        for key in ("slash", *"worker"):
            app.simulate_key(key)
        await until(pilot, lambda: "› Worker Failures" in app.list)
        assert app.runbooks.query_one("#filter", Input).value == "worker"


async def test_a_typo_still_finds() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await settled(pilot, app)
        app.runbooks.action_filter()
        await typed(pilot, "wroker")
        assert "› Worker Failures" in app.list


async def test_a_click_opens() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await settled(pilot, app)
        await pilot.click("#list", offset=(6, 4))
        await until(pilot, lambda: app.reading == "worker-failures.md")


async def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    app = Host(tmp_path / "gone")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "gone" in app.list)
        assert "No such file or directory" in app.list
        assert "hint:" in app.list
    (tmp_path / "empty").mkdir()
    app = Host(tmp_path / "empty")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "holds no runbook" in app.list)
    app = Host(tmp_path / "gone", FIXTURES)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot, app)
        assert any("No such file or directory" in said for said in app.said)
        assert "High Queue Depth" in app.list


async def test_an_unreadable_runbook_is_marked_and_opening_it_says_why(tmp_path: Path) -> None:
    (tmp_path / "dead.md").symlink_to(tmp_path / "nowhere")
    app = Host(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot, app)
        assert "✕ cannot be read: No such file or directory" in app.list
        await pilot.press("enter")
        await until(pilot, lambda: app.said)
        assert "runbook dead.md: No such file or directory\nhint: " in app.said[0]
        assert app.reading == ""


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_list_and_page_take_turns_where_it_is_narrow() -> None:
    app = Host()
    async with app.run_test(size=SIZES["small"]) as pilot:
        await settled(pilot, app)
        screen = app.runbooks
        assert screen.query_one("#finder").size.width == 80
        assert not screen.query_one("#reader").size
        await pilot.press("enter")
        await until(pilot, lambda: app.reading == QUEUE)
        await pilot.pause()
        assert screen.query_one("#reader").size.width == 80
        assert not screen.query_one("#finder").size
        assert "High Queue Depth" in app.shown()[0]
        await pilot.press("escape")
        await pilot.pause()
        assert screen.query_one("#finder").size.width == 80
        assert screen.library_list.has_focus


@sized
async def test_links_are_followed_back_and_forward(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await pilot.press("tab")
        assert app.cursor() == "Alert runbooks"
        await pilot.press("enter")
        await until(pilot, lambda: app.reading == "operations/alert-runbooks.md")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: app.reading == QUEUE)
        await pilot.pause()
        assert "Diagnosis" in app.status
        await pilot.press("b")
        await until(pilot, lambda: app.reading == "operations/alert-runbooks.md")
        await pilot.press("alt+left")
        await until(pilot, lambda: app.reading == QUEUE)
        await pilot.press("backspace")
        await until(pilot, lambda: "this is the first page" in app.said)
        await pilot.press("f", "alt+right")
        await until(pilot, lambda: app.reading == QUEUE and "Diagnosis" in app.status)
        await pilot.press("f")
        await until(pilot, lambda: "this is the last page" in app.said)


@sized
async def test_back_returns_to_the_line_that_was_left(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await pilot.press("down", "down", "down")
        before = app.shown()
        await app.runbooks.open_target("worker-failures.md")
        await pilot.press("b")
        await until(pilot, lambda: app.reading == QUEUE)
        await pilot.pause()
        assert app.shown() == before


@sized
async def test_an_anchor_on_the_same_page_is_followed(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await pilot.press("tab", "tab")
        assert app.cursor() == "Scale out"
        await pilot.press("enter")
        await until(pilot, lambda: any("┌ scale-out" in line for line in app.shown()))


async def test_the_web_is_shown_and_never_opened() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app)
        await pilot.press("tab", "tab", "tab", "enter")
        await until(pilot, lambda: app.said)
        assert app.said[0].startswith("http://localhost:9090/graph?g0.expr=queue_depth\n")
        assert "not opened" in app.said[0]
        line = next(y for y, line in enumerate(app.shown()) if "Queue depth in Prometheus" in line)
        assert "(http://localhost:9090/graph?g0.expr=queue_depth)" in app.shown()[line]
        links = {part.style.link for part in app.runbooks.view.render_line(line) if part.style}
        assert links == {None, "http://localhost:9090/graph?g0.expr=queue_depth"}
        await pilot.press("tab", "enter")
        await until(pilot, lambda: len(app.said) == 2)
        assert app.said[1] == "there is no runbook gone.md"
        assert app.reading == QUEUE


async def test_links_go_round_and_shift_tab_goes_back() -> None:
    app = Host()
    async with app.run_test(size=SIZES["small"]) as pilot:
        await opened(pilot, app, "worker-failures.md")
        await pilot.press("tab")
        assert app.cursor() == "High Queue Depth"
        await pilot.press("tab", "shift+tab")
        assert app.cursor() == "High Queue Depth"
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "this page has no step and no block of code" in app.said)


async def test_enter_without_a_link_says_how_to_get_to_one() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await opened(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.said)
        assert "hint: tab" in app.said[0]


async def test_a_clicked_link_is_followed() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app)
        y = next(y for y, line in enumerate(app.shown()) if "Alert runbooks" in line)
        await pilot.click("#page", offset=(6, y))
        await until(pilot, lambda: app.reading == "operations/alert-runbooks.md")


@sized
async def test_steps_are_visited_copied_and_saved(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await pilot.press("right_square_bracket")
        assert "queue-length" in app.cursor()
        await pilot.press("y")
        await pilot.press("right_square_bracket", "y", "right_square_bracket", "left_square_bracket", "s")
        saved = tmp_path / "ops-center" / "saved" / "high-queue-depth-queue-trend.promql"
        await until(pilot, lambda: any("saved to" in said for said in app.said))
        assert app.copied == [
            ("kubectl exec deploy/redis -- redis-cli LLEN enhancement_queue", "queue-length"),
            ("deriv(queue_depth[15m]) * 60", "queue-trend"),
        ]
        assert saved.read_text() == "deriv(queue_depth[15m]) * 60\n"
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        assert saved.name in "".join(app.said).replace("\n", "")


async def test_a_step_that_cannot_be_saved_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ops-center").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = Host()
    async with app.run_test() as pilot:
        await opened(pilot, app)
        await pilot.press("right_square_bracket", "s")
        await until(pilot, lambda: app.said)
        assert "hint: check that" in app.said[0]


async def test_no_step_in_view_is_said() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await opened(pilot, app, "worker-failures.md")
        await pilot.press("y", "s")
        await until(pilot, lambda: len(app.said) == 2)
        assert all("no step is in view" in said for said in app.said)


@sized
async def test_variants_of_the_other_platform_are_folded_away(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, f"{QUEUE}#how-deep-is-the-queue")
        page = "\n".join(app.shown())
        assert "kubectl exec deploy/redis" in page
        assert "docker compose exec" not in page
        assert "compose: not the platform of this profile" in page
        await pilot.press("v")
        assert "docker compose exec" in "\n".join(app.shown())
        assert app.shown()[0] == page.split("\n")[0]
        await pilot.press("v")
        assert "docker compose exec" not in "\n".join(app.shown())


async def test_without_a_platform_every_variant_is_shown() -> None:
    app = Host(platform=None)
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app, f"{QUEUE}#how-deep-is-the-queue")
        page = "\n".join(app.shown())
        assert "kubectl exec deploy/redis" in page
        assert "docker compose exec" in page
        await pilot.press("v")
        await until(pilot, lambda: any("names no platform" in said for said in app.said))


# ── Moving on the page ───────────────────────────────────────────────────────────────────────────────────────────────


@sized
async def test_the_page_is_searched_with_next_previous_and_count(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await pilot.press("slash")
        await typed(pilot, "scale out")
        assert "hit 1 of 4" in app.status
        await pilot.press("enter", "n", "n")
        assert "hit 3 of 4" in app.status
        await pilot.press("N")
        assert "hit 2 of 4" in app.status
        await pilot.press("n", "n", "n")
        assert "hit 1 of 4" in app.status
        await pilot.press("slash")
        await typed(pilot, "zz")
        assert "no hit" in app.status
        await pilot.press("escape")
        await pilot.pause()
        assert "hit" not in app.status
        assert app.runbooks.view.has_focus
        await pilot.press("n")
        await until(pilot, lambda: any("nothing is searched for" in said for said in app.said))


async def test_hits_are_marked_where_they_stand() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app)
        await pilot.press("slash")
        await typed(pilot, "JOBS WAIT")
        styles = app.runbooks.view._styles
        assert styles is not None
        colours = [styles.over(name).bgcolor for name in ("current-hit", "hit")]
        strips = [app.runbooks.view.render_line(y) for y in range(40)]
        marked = [
            [part.text for strip in strips for part in strip if part.style and part.style.bgcolor == colour]
            for colour in colours
        ]
        assert marked == [["jobs wait"], ["Jobs wait"]]


@sized
async def test_contents_jump_to_a_section(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        outline = app.runbooks.query_one(Outline)
        await pilot.press("o")
        await pilot.pause()
        assert outline.has_focus
        assert outline.option_count == 8
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.runbooks.view.has_focus)
        await pilot.pause()
        assert any("Escalation" in line for line in app.shown())
        if size[0] == 80:
            assert not outline.display
            await pilot.press("o")
        else:
            outline.focus()
        await pilot.press("escape")
        await pilot.pause()
        assert not outline.display
        assert app.runbooks.view.has_focus


@sized
async def test_top_and_end(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        first = app.shown()
        for end, top in (("G", "g"), ("end", "home")):
            await pilot.press(end)
            assert "Oldest job older than 30 minutes: call On-call." in "".join(app.shown())
            await pilot.press(top)
            assert app.shown() == first


async def test_lines_and_pages() -> None:
    app = Host()
    async with app.run_test(size=SIZES["small"]) as pilot:
        await opened(pilot, app)
        first = app.shown()
        await pilot.press("down", "down", "up")
        assert app.shown()[:-1] == first[1:]
        await pilot.press("up", "pagedown")
        assert app.shown()[0] == first[-1]
        await pilot.press("pageup", "space")
        assert app.shown()[0] == first[-1]


async def test_another_width_keeps_the_top_line_and_the_cursor() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app, f"{QUEUE}#diagnosis")
        await pilot.press("right_square_bracket")
        await pilot.press("slash")
        await typed(pilot, "queue")
        await pilot.press("enter")
        for size in ((60, 20), (200, 20), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.shown()[0].strip() == "Diagnosis"
            assert "queue-length" in app.cursor()
            assert " of 1" in app.status


async def test_f5_reads_again_and_stays(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    app = Host(tmp_path)
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app, f"{QUEUE}#diagnosis")
        page = tmp_path / QUEUE
        page.write_text(page.read_text().replace("Expected output:", "Expected now:"))
        (tmp_path / "new.md").write_text("# Brand New\n")
        await pilot.press("f5")
        await until(pilot, lambda: any("5 runbooks" in said for said in app.said))
        await pilot.pause()
        assert "Brand New" in app.list
        assert app.shown()[0].strip() == "Diagnosis"
        assert any("Expected now:" in line for line in app.shown())
        assert app.runbooks.view.has_focus


async def test_a_page_of_5000_lines_is_right_from_its_first_frame_to_its_last(tmp_path: Path) -> None:
    sections = [
        f"## Section {n}\n\nWords of {n}, [link](#section-{n}).\n\n```bash\necho {n}\n```\n\n" for n in range(620)
    ]
    (tmp_path / "long.md").write_text("# Long\n\n" + "".join(sections))
    app = Host(tmp_path)
    async with app.run_test(size=SIZES["small"]) as pilot:
        await opened(pilot, app, "long.md#section-600")
        assert app.shown()[0].strip() == "Section 600"
        await app.workers.wait_for_complete()
        assert app.shown()[0].strip() == "Section 600"
        await pilot.press("G")
        assert "echo 619" in "".join(app.shown())
        await pilot.press("slash")
        await typed(pilot, "words of")
        assert "of 620" in app.status


# ── From elsewhere ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "section", "said"),
    [
        ("https://git.example/x/runbooks/operations/alert-runbooks.md#queuedepthhigh", "QueueDepthHigh", ""),
        ("https://git.example/x/runbooks/operations/alert-runbooks.md#QueueDepthHigh\n", "QueueDepthHigh", "found as"),
        ("https://git.example/x/runbooks/operations/alert-runbooks#gone", "", "no section #gone"),
    ],
)
async def test_an_alerts_runbook_url_opens_its_section(target: str, section: str, said: str) -> None:
    app = Host()
    async with app.run_test(size=SIZES["small"]) as pilot:
        await opened(pilot, app, target)
        assert app.reading == "operations/alert-runbooks.md"
        assert section in app.status
        assert said in "".join(app.said)
        assert bool(said) == bool(app.said)


async def test_an_alert_without_a_runbook_opens_one_that_names_it() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await settled(pilot, app)
        await app.runbooks.open_target("", alert="WorkerDown")
        await pilot.pause()
        assert app.reading == "worker-failures.md"
        assert "names WorkerDown" in app.said[0]
        await app.runbooks.open_target("https://elsewhere.example/x")
        await pilot.pause()
        assert app.said[1].startswith("https://elsewhere.example/x\n")


async def test_a_hostile_page_reaches_the_screen_disarmed(tmp_path: Path) -> None:
    hostile = "\x1b]52;c;ZXZpbA==\x07\x9b2J\u202e[@click=app.bell]x[/] [b](https://e.org/\x1b)"
    (tmp_path / "evil.md").write_text(
        f"# {hostile}\n\n**When to Use:** {hostile}\n\n## {hostile}\n\n```bash\n{hostile}\n```\n"
    )
    app = Host(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot, app, "evil.md")
        await pilot.press("o", "y")
        await pilot.pause()
        widgets = [*app.runbooks.query("*")]
        drawn = "".join(strip.text for widget in widgets for strip in widget.render_lines(widget.size.region))
        assert not set(drawn) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "[@click=app.bell]x[/]" in drawn


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_key_is_explained_and_has_an_id_of_its_own() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await opened(pilot, app)
        groups = dict(groups_of(app.screen))
        own = [binding for binding in RunbooksScreen.BINDINGS if not isinstance(binding, tuple)]
        assert len({binding.id for binding in own}) == len(own)
        assert all(binding.tooltip and binding.id for binding in own)
        assert {"Runbooks", "Runbook list", "Page", "Filter"} <= groups.keys()


async def test_keys_of_the_page_do_nothing_while_the_list_has_the_focus() -> None:
    app = Host()
    async with app.run_test(size=SIZES["wide"]) as pilot:
        await opened(pilot, app)
        await pilot.press("escape", "y", "right_square_bracket", "n", "v")
        await pilot.pause()
        assert app.copied == []
        assert app.said == []
        await pilot.press("tab")
        assert not app.runbooks.library_list.has_focus


# ── As it looks ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _listed(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, Host)
    await settled(pilot, pilot.app)


async def _filtered(pilot: Pilot[None]) -> None:
    await _listed(pilot)
    await pilot.press("slash")
    await typed(pilot, "worker")


async def _on_a_step(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, Host)
    await opened(pilot, pilot.app, f"{QUEUE}#diagnosis")
    await pilot.press("right_square_bracket")


async def _searched(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, Host)
    await opened(pilot, pilot.app)
    await pilot.press("tab", "slash")
    await typed(pilot, "queue")
    await pilot.press("enter", "n")


async def _contents(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, Host)
    await opened(pilot, pilot.app, f"{QUEUE}#resolution")
    await pilot.press("o")
    await pilot.pause()


SHOTS = {"list": _listed, "filter": _filtered, "step": _on_a_step, "search": _searched, "contents": _contents}


@sized
@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("shot", SHOTS)
def test_as_it_looks(snap_compare: Callable[..., bool], size: tuple[int, int], theme: str, shot: str) -> None:
    assert snap_compare(Host(theme=theme), terminal_size=size, run_before=SHOTS[shot])
