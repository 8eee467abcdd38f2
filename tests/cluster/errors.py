"""What the API answers when it refuses: a `Status` object with a code and a reason, which clients branch on.

Source: https://kubernetes.io/docs/reference/kubernetes-api/definitions/status-v1-meta/
"""

from __future__ import annotations

from tests.cluster.objects import Object

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """A refusal. `details` are the Status' (kind, name, group); kubectl words its message from them."""

    def __init__(self, code: int, message: str, *, reason: str = "", details: Object | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.reason = reason or _REASONS.get(code, "Unknown")
        self.details = details or {}

    def status(self) -> Object:
        """The body of the answer, or of an ERROR event in a watch."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(plural: str, group: str, name: str) -> ApiError:
    """`pods "x" not found`."""
    full = f"{plural}.{group}" if group else plural
    return ApiError(404, f'{full} "{name}" not found', details={"name": name, "group": group, "kind": plural})


def conflict(plural: str, name: str) -> ApiError:
    """Somebody else changed the object since it was read."""
    return ApiError(
        409,
        f'Operation cannot be fulfilled on {plural} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        details={"name": name, "kind": plural},
    )


def already_exists(plural: str, name: str) -> ApiError:
    """A second object of one name."""
    return ApiError(
        409, f'{plural} "{name}" already exists', reason="AlreadyExists", details={"name": name, "kind": plural}
    )


def invalid(kind: str, name: str, field: str, why: str) -> ApiError:
    """The object cannot be as it is sent."""
    return ApiError(
        422,
        f'{kind} "{name}" is invalid: {field}: {why}',
        details={"name": name, "kind": kind, "causes": [{"field": field, "message": why}]},
    )


def expired(message: str = "too old resource version") -> ApiError:
    """What was asked for is no longer remembered: list anew."""
    return ApiError(410, message)
