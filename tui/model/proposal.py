"""A change as it is put to the operator before it is done."""

from __future__ import annotations

import msgspec

from tui.model.catalog import Risk
from tui.model.workload import Change, Pod, Revision, Workload


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the target when it is asked about; what is not known is said to be.

    Args:
        workload: The target, or the owner of the pod that is the target.
        pod: The target of `delete-pod`.
        revision: What `undo` goes back to.
        warning: What users notice besides, in the catalog's words.
    """

    workload: Workload | None = None
    pod: Pod | None = None
    revision: Revision | None = None
    warning: str = ""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what would happen.

    Args:
        change: What the source is handed.
        label: The verb, as it stands on the button ("Restart").
        title: Verb and target.
        what: What happens, to what.
        present: How many replicas there are now, and how many of them serve.
        notices: What users notice.
        command: The kubectl or docker command that would do the same.
        type_to_confirm: What has to be typed; empty unless `risk` is danger.
    """

    change: Change
    label: str
    title: str
    what: str
    present: str
    notices: str
    command: str
    risk: Risk
    type_to_confirm: str = ""
