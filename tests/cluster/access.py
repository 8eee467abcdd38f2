"""Who asks, and what they may: bearer tokens, and the rules of RBAC roles.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tests.cluster.errors import ApiError
from tests.cluster.objects import Object


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One verb on one resource. `plural` has the subresource: `pods/log`. An empty namespace is all of them."""

    verb: str
    group: str
    plural: str
    namespace: str = ""
    name: str = ""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a token. `rules` are a Role's or ClusterRole's, for one namespace, or everywhere if it is empty."""

    name: str
    rules: tuple[Object, ...]
    namespace: str = ""

    def may(self, ask: Ask) -> bool:
        """Whether a rule allows it."""
        if self.namespace not in ("", ask.namespace):
            return False
        return any(
            _covers(rule["verbs"], ask.verb)
            and _covers(rule["apiGroups"], ask.group)
            and _covers(rule["resources"], ask.plural)
            and (not rule.get("resourceNames") or ask.name in rule["resourceNames"])
            for rule in self.rules
        )


ADMIN = User(name="admin", rules=({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},))


def _covers(allowed: list[str], wanted: str) -> bool:
    return "*" in allowed or wanted in allowed


class Access:
    """The users by token."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def add(self, token: str, user: User) -> None:
        """Let them in."""
        self._users[token] = user

    def revoke(self, token: str) -> None:
        """Answer 401 to this token from now on."""
        del self._users[token]

    def user(self, authorization: str) -> User:
        """Who sends that Authorization header; raises ApiError 401."""
        user = self._users.get(authorization.removeprefix("Bearer "))
        if user is None:
            raise ApiError(401, "Unauthorized")
        return user


def require(user: User, ask: Ask) -> None:
    """Raise ApiError 403, worded as the server does, unless `user` may."""
    if user.may(ask):
        return
    scope = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    plural = ask.plural.partition("/")[0]
    full = f"{plural}.{ask.group}" if ask.group else plural
    named = f' "{ask.name}"' if ask.name else ""
    raise ApiError(
        403,
        f'{full}{named} is forbidden: User "{user.name}" cannot {ask.verb} resource "{ask.plural}" '
        f'in API group "{ask.group}" {scope}',
        details={"name": ask.name, "group": ask.group, "kind": plural},
    )


def review(user: User, body: Object) -> Object:
    """Answer a SelfSubjectAccessReview."""
    spec = body.get("spec") or {}
    wanted: Mapping[str, str] = spec.get("resourceAttributes") or {}
    plural = wanted.get("resource", "")
    if subresource := wanted.get("subresource"):
        plural = f"{plural}/{subresource}"
    ask = Ask(
        verb=wanted.get("verb", ""),
        group=wanted.get("group", ""),
        plural=plural,
        namespace=wanted.get("namespace", ""),
        name=wanted.get("name", ""),
    )
    allowed = user.may(ask)
    status: Object = {"allowed": allowed}
    if not allowed:
        status["reason"] = f'no RBAC rule of "{user.name}" matches'
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": status,
    }


def rules_review(user: User) -> Object:
    """Answer a SelfSubjectRulesReview (`kubectl auth can-i --list`), whatever namespace it names."""
    return {
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": {"resourceRules": list(user.rules), "nonResourceRules": [], "incomplete": False},
    }
