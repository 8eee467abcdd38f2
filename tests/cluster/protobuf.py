"""The few objects that kubectl sends as protobuf and not as JSON: access reviews, and what `kubectl create` makes.

A body is four bytes and an envelope that names the kind and holds the message. Field numbers are `generated.proto`'s in
https://github.com/kubernetes/api (core/v1, authorization/v1) and https://github.com/kubernetes/apimachinery.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from tests.cluster.errors import ApiError
from tests.cluster.objects import Object

MAGIC = b"k8s\x00"

_Schema = dict[int, tuple[str, Any]]
"""Field number to name and type: `str`, `bytes`, a list of one of them for a map by string, or the schema below."""

_META: _Schema = {
    1: ("name", str),
    2: ("generateName", str),
    3: ("namespace", str),
    11: ("labels", [str]),
    12: ("annotations", [str]),
}
_REVIEWED: _Schema = {
    1: ("namespace", str),
    2: ("verb", str),
    3: ("group", str),
    4: ("version", str),
    5: ("resource", str),
    6: ("subresource", str),
    7: ("name", str),
}
_SCHEMAS: dict[str, _Schema] = {
    "SelfSubjectAccessReview": {
        1: ("metadata", _META),
        2: (
            "spec",
            {1: ("resourceAttributes", _REVIEWED), 2: ("nonResourceAttributes", {1: ("path", str), 2: ("verb", str)})},
        ),
    },
    "SelfSubjectRulesReview": {1: ("metadata", _META), 2: ("spec", {1: ("namespace", str)})},
    "ConfigMap": {1: ("metadata", _META), 2: ("data", [str])},
    "Secret": {1: ("metadata", _META), 2: ("data", [bytes]), 3: ("type", str)},
}


def decode(body: bytes) -> Object:
    """The object as it would have come as JSON; raises ApiError 415 for a kind that is not expected so."""
    envelope = dict(_fields(body.removeprefix(MAGIC)))
    kind = dict(_fields(envelope[1]))[2].decode()
    if kind not in _SCHEMAS:
        raise ApiError(415, f"{kind} is not understood as protobuf here")
    return {"kind": kind, **_message(envelope[2], _SCHEMAS[kind])}


def _message(message: bytes, schema: _Schema) -> Object:
    decoded: Object = {}
    for number, value in _fields(message):
        name, kind = schema.get(number, ("", None))
        if isinstance(kind, list):
            entry = dict(_fields(value))
            decoded.setdefault(name, {})[entry.get(1, b"").decode()] = _scalar(entry.get(2, b""), kind[0])
        elif isinstance(kind, dict):
            decoded[name] = _message(value, kind)
        elif kind is not None and value:
            decoded[name] = _scalar(value, kind)
    return decoded


def _scalar(value: bytes, kind: type[str | bytes]) -> str:
    """A string, or bytes as JSON has them."""
    return value.decode() if kind is str else base64.b64encode(value).decode()


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message; numbers and flags are not needed."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        tag = varint()
        if tag & 7 == 2:
            size = varint()
            yield tag >> 3, message[position : position + size]
            position += size
        else:
            varint()
