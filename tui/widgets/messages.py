"""The vocabulary of messages that leave a screen for the app, on one page."""

from __future__ import annotations

from textual.message import Message


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
