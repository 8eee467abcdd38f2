"""Secrets do not get through, in any spelling that is likely."""

from __future__ import annotations

import base64
import json
import shlex
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model.redact import HIDDEN, redact

VALUE = "tr0ub4dor&3 ü"


@pytest.mark.parametrize(
    "spelling",
    [
        VALUE,
        shlex.quote(VALUE),
        json.dumps(VALUE),
        json.dumps(VALUE, ensure_ascii=False),
        quote(VALUE, safe=""),
        base64.b64encode(VALUE.encode()).decode(),
        f" {VALUE}\n",
    ],
)
def test_a_declared_secret_is_hidden_in_every_spelling(spelling: str) -> None:
    clean = redact(f"before {spelling} after", [VALUE])
    assert "tr0ub4dor" not in clean
    assert spelling.strip() not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=hunter22 psql -h db",
        "export OPENAI_API_KEY='hunter22 and more'",
        'curl -d \'{"api_key": "hunter22", "n": 1}\'',
        "--token hunter22 get pods",
        "--password=hunter22",
        "kubectl create secret generic t --from-literal=api-key=hunter22",
        "Authorization: Bearer hunter22abc.def",
        "curl -H 'Authorization: Basic hunter22aaa=='",
        "postgresql://aiagents:hunter22@postgres:5432/ai_agents",
        "redis://:hunter22@redis:6379/0",
        "client_secret: hunter22",
        "the server said bearer hunter22hunter22",
        "key sk-hunter22hunter22hunter22 is refused",
    ],
)
def test_what_stands_behind_a_secret_s_name_is_hidden(text: str) -> None:
    clean = redact(text)
    assert "hunter22" not in clean
    assert HIDDEN in clean


@pytest.mark.parametrize(
    "text",
    [
        "kubectl rollout restart deployment/celery-worker",
        "kubectl get secret tenant-acme",
        "Kubernetes https://10.0.0.1: 403 Forbidden\nhint: ask who grants the rights",
        "docker compose up -d --scale worker=4 worker",
        "tokenised 3 tickets",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@settings(deadline=None)
@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_no_declared_secret_survives(text: str, secrets: list[str]) -> None:
    surrounding = f"{text}{''.join(secrets)}{text}"
    clean = redact(surrounding, secrets)
    left = clean.replace(HIDDEN, "\0")
    assert not any(secret in left for secret in secrets if secret not in HIDDEN and "\0" not in secret)


@pytest.mark.parametrize("word", ["token", "a", "a.", "a://", '"', "token=", "--token ", "bearer ", "'token"])
def test_a_hostile_megabyte_takes_no_time(word: str) -> None:
    began = time.process_time()
    redact(word * (1_000_000 // len(word)), ["x" * 50])
    assert time.process_time() - began < 5
