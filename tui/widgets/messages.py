"""The vocabulary of messages that leave a screen for the app, on one page."""

from __future__ import annotations

from textual.message import Message

from tui.model.catalog import Pane


class OpenRunbook(Message):
    """Show a runbook: a path below a runbook folder, with `#section`, or an alert's `runbook_url`.

    `alert` is the alert it is for: where `target` leads nowhere, a runbook whose Related Alerts name it will do.
    """

    def __init__(self, target: str, *, alert: str = "") -> None:
        super().__init__()
        self.target, self.alert = target, alert


class SendToClipboard(Message):
    """Offer `text` to the operator's clipboard; `what` names it in the notice ("step queue-length")."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text, self.what = text, what


class OpenPane(Message):
    """Show the pane that does a quick action."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class OpenLogs(Message):
    """Show logs: those of one pod by name, or of all pods of a selector (`app=celery-worker`, a compose service)."""

    def __init__(self, selector: str, *, pod: str = "") -> None:
        super().__init__()
        self.selector, self.pod = selector, pod


class OpenTrace(Message):
    """Show a trace: 16 or 32 hexadecimal digits."""

    def __init__(self, trace_id: str) -> None:
        super().__init__()
        self.trace_id = trace_id
