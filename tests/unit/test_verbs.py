"""What the operator is told before a change: the words for what happens, what users notice, and the risk."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from tests.doubles import NOW
from tests.ui.journal_host import STAGING, Kubectl
from tui.core.gate import Gate
from tui.core.journal import Journal
from tui.core.verbs import VERBS
from tui.model.proposal import Facts, Proposal
from tui.model.workload import Change, Kind, Pod, Ref, Revision, Workload

WORKER = Ref("Deployment", "celery-worker")


def workload(kind: Kind = "Deployment", *, desired: int = 3, available: int = 3, **more: int) -> Workload:
    return Workload(
        ref=Ref(kind, "celery-worker"),
        desired=desired,
        available=available,
        ready=available,
        paused=bool(more.get("paused")),
        partition=more.get("partition", 0),
    )


def ask(change: Change, facts: Facts) -> Proposal:
    gate = Gate(Journal(Path("/nowhere")), STAGING, dict.fromkeys(VERBS, Kubectl()), clock=lambda: NOW)
    return gate.propose(change, facts)


def restart(of: Workload | None) -> Proposal:
    target = str(of.ref) if of is not None else "deployment/celery-worker"
    return ask(Change(verb="restart", target=target), Facts(workload=of))


def scale(to: str, of: Workload | None) -> Proposal:
    return ask(Change(verb="scale", target="deployment/celery-worker", argument=to), Facts(workload=of))


def delete(pod: Pod | None, of: Workload | None) -> Proposal:
    return ask(Change(verb="delete-pod", target="pod/celery-worker-1"), Facts(workload=of, pod=pod))


def test_every_verb_of_a_change_has_its_line() -> None:
    assert set(VERBS) == set(get_args(get_type_hints(Change)["verb"]))


@pytest.mark.parametrize(
    ("of", "what", "notices"),
    [
        (workload(), "Replaces all 3 replicas of deployment/celery-worker", "Fewer pods than usual"),
        (workload(desired=1, available=1), "Replaces its one replica", "only one replica"),
        (workload(desired=0, available=0), "Replaces all 0 replicas", "Nothing: there is no replica"),
        (None, "Replaces every replica", "Fewer pods than usual"),
        (workload("StatefulSet", desired=1), "Replaces its one replica", "not served between"),
        (workload("StatefulSet", partition=2), "numbered 2 and above", "Fewer pods"),
        (workload("Service"), "Stops and starts all 3 replicas of service/celery-worker", "not served until"),
    ],
)
def test_restart(of: Workload | None, what: str, notices: str) -> None:
    proposal = restart(of)
    assert what in proposal.what
    assert notices in proposal.notices
    assert (proposal.risk, proposal.type_to_confirm, proposal.label) == ("change", "", "Restart")


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (workload(available=2), "2 of 3 replicas of deployment/celery-worker are available."),
        (workload(desired=0, available=0), "deployment/celery-worker is scaled to 0."),
        (workload(paused=1), "It is paused: no rollout goes on until it is resumed."),
        (None, "How many replicas there are is not known."),
    ],
)
def test_how_many_there_are(of: Workload | None, said: str) -> None:
    assert said in restart(of).present


def test_the_command_and_the_warning_of_the_catalog_are_said() -> None:
    change = Change(verb="restart", target="deployment/celery-worker")
    proposal = ask(change, Facts(workload=workload(), warning="Enrichment slows down."))
    assert proposal.command == "kubectl rollout restart deployment/celery-worker"
    assert proposal.notices.endswith(" Enrichment slows down.")


@pytest.mark.parametrize(
    ("to", "of", "what", "notices", "risk"),
    [
        ("5", workload(), "from 3 to 5 replicas: 2 are started", "Nothing is interrupted", "change"),
        ("2", workload(), "from 3 to 2 replicas: 1 is stopped", "Less is done at once", "change"),
        ("3", workload(), "Leaves deployment/celery-worker at 3 replicas", "Nothing.", "change"),
        ("4", None, "Sets deployment/celery-worker to 4 replicas", "fewer do less", "change"),
        ("0", workload(), "from 3 to 0 replicas: 3 are stopped", "Nothing serves any more", "danger"),
        ("0", None, "Sets deployment/celery-worker to 0 replicas", "Nothing serves any more", "danger"),
    ],
)
def test_scale(to: str, of: Workload | None, what: str, notices: str, risk: str) -> None:
    proposal = scale(to, of)
    assert what in proposal.what
    assert notices in proposal.notices
    assert proposal.risk == risk
    assert proposal.type_to_confirm == ("celery-worker" if risk == "danger" else "")


@pytest.mark.parametrize("count", ["", "-1", "1.5", "two", "٣", "1e3"])
def test_a_count_that_is_none_is_refused(count: str) -> None:
    with pytest.raises(ValueError, match="a count of replicas is a whole number from 0"):
        scale(count, workload())


@pytest.mark.parametrize(
    ("pod", "of", "what", "risk"),
    [
        (Pod(name="p", owner=WORKER, ready=True), workload(), "starts another in its place", "change"),
        (Pod(name="p", owner=WORKER, ready=True), workload(available=1), "starts another", "danger"),
        (Pod(name="p", owner=WORKER, ready=False), workload(available=1), "starts another", "change"),
        (Pod(name="p", owner=WORKER, ready=False), workload(available=0), "starts another", "change"),
        (Pod(name="p", owner=WORKER, ready=True), None, "starts another", "change"),
        (Pod(name="p", ready=True), None, "Nothing is known to start another", "danger"),
        (None, None, "Nothing is known to start another", "danger"),
        (Pod(name="p", ready=True), workload("Service"), "one container of service/celery-worker", "change"),
    ],
)
def test_delete(pod: Pod | None, of: Workload | None, what: str, risk: str) -> None:
    proposal = delete(pod, of)
    assert what in proposal.what
    assert proposal.risk == risk
    assert ("Nothing else serves" in proposal.notices) == (risk == "danger")
    assert proposal.type_to_confirm == ("celery-worker-1" if risk == "danger" else "")


def test_undo_names_the_revision_and_its_images() -> None:
    change = Change(verb="undo", target="deployment/celery-worker", argument="41")
    revision = Revision(number=41, images=("worker:1.4",))
    proposal = ask(change, Facts(workload=workload(), revision=revision))
    assert proposal.what == (
        "Puts deployment/celery-worker back to revision 41 (worker:1.4) and replaces 3 replicas by pods of it."
    )
    assert "data that the newer one has changed stay changed" in proposal.notices
    before = ask(Change(verb="undo", target="deployment/celery-worker"), Facts())
    assert "the revision before this one" in before.what
    assert "no replica" in ask(change, Facts(workload=workload(desired=0))).notices
