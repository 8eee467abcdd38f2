"""Settings: precedence, places of mistakes, and that no secret is taken or shown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tui.core.setting_fields import Mistake, Setting, known, parse, sections
from tui.core.settings import Settings, listing, load
from tui.model.errors import ConfigError, Problem
from tui.model.profile import Profile
from tui.model.text import sanitise

Read = Callable[..., Settings]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration folder without settings."""
    (tmp_path / "ops-center").mkdir()
    return tmp_path


@pytest.fixture
def read(home: Path) -> Read:
    """Reads settings from text, variables and flags."""

    def read(
        text: str | None = None,
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        **variables: str,
    ) -> Settings:
        if text is not None:
            (home / "ops-center" / "config.toml").write_text(text)
        env = {"XDG_CONFIG_HOME": str(home)} | {f"OPS_CENTER_{name}": value for name, value in variables.items()}
        return load(profile=profile, overrides=flags or {}, env=env)

    return read


def mistakes(read: Read, text: str | None = None, **more: object) -> list[str]:
    """The problems, one text each."""
    with pytest.raises(ConfigError) as caught:
        read(text, **more)
    return [str(problem) for problem in caught.value.problems]


def problems(file: Path) -> tuple[Problem, ...]:
    """What is wrong with a file; nothing but a ConfigError comes out of it."""
    try:
        load(config=file, overrides={}, env={})
    except ConfigError as error:
        return error.problems
    return ()


def found(settings: Settings, name: str) -> object:
    """A setting's value by its name."""
    value: object = settings.profile
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_without_a_file_everything_is_local(read: Read) -> None:
    settings = read()
    assert settings.profile == Profile(name="localhost")
    assert settings.profile.prometheus.url == "http://localhost:9090"
    assert settings.profile.configured == {"prometheus"}
    assert settings.profile.platform == ""
    assert settings.config is None
    assert settings.origin("prometheus.url") == "default"


_EXAMPLES: dict[str, tuple[tuple[str, str, object], ...]] = {
    "text": (("'low'", "low", "low"), ("'mid'", "mid", "mid"), ("'top'", "top", "top")),
    "url": tuple((f"'http://{n}'", f"http://{n}", f"http://{n}") for n in "abc"),
    "seconds": (("1", "1", 1.0), ("2.5", "2.5", 2.5), ("3", "3", 3.0)),
    "count": (("1000", "1000", 1000), ("2000", "2000", 2000), ("3000", "3000", 3000)),
    "switch": (("true", "yes", True), ("false", "off", False), ("true", "1", True)),
    "path": tuple((f"'/{n}'", f"/{n}", Path(f"/{n}")) for n in "abc"),
    "paths": tuple((f"['/{n}','/x']", f"/{n}{os.pathsep}/x", (Path(f"/{n}"), Path("/x"))) for n in "abc"),
}
"""By kind three values, for file, variable and flag: as TOML, as text, and as they are read."""

_COMPANIONS = {
    "username": "password_env = 'X'",
    "password_file": "username = 'u'",
    "password_env": "username = 'u'",
    "key_file": "cert_file = '/c'",
}


@pytest.mark.parametrize("setting", known().values(), ids=lambda setting: setting.name)
def test_flag_over_variable_over_file_over_default(read: Read, setting: Setting) -> None:
    section, _, field = setting.name.rpartition(".")
    examples = _EXAMPLES[setting.kind]
    if section == "redis" and field == "url":
        examples = tuple(
            (a.replace("http", "redis"), b.replace("http", "redis"), str(c).replace("http", "redis"))
            for a, b, c in examples
        )
    (in_file, _, low), (_, in_variable, mid), (_, in_flag, top) = examples
    companion = _COMPANIONS.get(field, "") if section else ""
    text = f"[profile.p{'.' + section if section else ''}]\n{companion}\n{field} = {in_file}\n"
    variable = {setting.variable.removeprefix("OPS_CENTER_"): in_variable}

    default = read()
    assert found(default, setting.name) == getattr_default(setting.name)
    assert default.origin(setting.name) == "default"
    from_file = read(text)
    assert (found(from_file, setting.name), from_file.origin(setting.name)) == (low, "config.toml")
    from_variable = read(text, **variable)
    assert (found(from_variable, setting.name), from_variable.origin(setting.name)) == (mid, setting.variable)
    from_flag = read(text, flags={setting.name: in_flag}, **variable)
    assert (found(from_flag, setting.name), from_flag.origin(setting.name)) == (top, "flag")
    empty = read(text, **dict.fromkeys(variable, ""))
    assert found(empty, setting.name) == low, "an empty variable is not set"


def getattr_default(name: str) -> object:
    """The default of a setting, by its name."""
    return found(Settings(profile=Profile(name="")), name)


def test_every_setting_is_listed_with_its_own_variable_and_meaning() -> None:
    rows = listing()
    assert len({row.variable for row in rows}) == len(rows)
    assert all(row.variable.startswith("OPS_CENTER_") and row.doc.endswith(".") for row in rows)
    assert {row.name for row in rows} >= {"config", "profile", "prometheus.url", "redis.ca_file", "kubernetes.context"}
    by_name = {row.name: row for row in rows}
    assert by_name["prometheus.timeout_s"].variable == "OPS_CENTER_PROMETHEUS_TIMEOUT_S"
    assert (by_name["prometheus.timeout_s"].kind, by_name["prometheus.timeout_s"].default) == ("seconds", "5.0")
    assert (by_name["read_only"].kind, by_name["read_only"].default) == ("switch", "false")
    assert {row.section for row in rows} - {""} == sections()


def test_the_profile_is_named_by_flag_then_variable_then_file(read: Read) -> None:
    text = "default_profile = 'a'\n[profile.a]\n[profile.b]\n[profile.c]\n"
    assert read(text).profile.name == "a"
    assert read(text, PROFILE="b").profile.name == "b"
    assert read(text, PROFILE="b", profile="c").profile.name == "c"
    assert read(text, profile="localhost").profile == Profile(name="localhost")


def test_the_only_profile_is_the_default(read: Read) -> None:
    assert read("[profile.only]\nread_only = true\n").profile.read_only


def test_several_profiles_need_a_default(read: Read) -> None:
    assert mistakes(read, "[profile.b]\n[profile.a]\n") == [
        'config.toml: several profiles and no default_profile: a, b\nhint: set default_profile = "a", or pass --profile'
    ]


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_an_unknown_profile_names_those_there_are(read: Read, how: str) -> None:
    text = "[profile.staging]\n[profile.production]\n"
    place = {"flag": "--profile", "variable": "OPS_CENTER_PROFILE", "file": "config.toml: default_profile"}[how]
    said = {
        "flag": lambda: mistakes(read, text, profile="stging"),
        "variable": lambda: mistakes(read, text, PROFILE="stging"),
        "file": lambda: mistakes(read, "default_profile = 'stging'\n" + text),
    }[how]()
    assert said[0] == f'{place}: no profile "stging"\nhint: there are: localhost, production, staging'


def test_configured_is_what_was_said(read: Read) -> None:
    profile = read("[profile.p.kubernetes]\n[profile.p.redis]\ntimeout_s = 1\n", JAEGER_URL="http://j").profile
    assert profile.configured == {"prometheus", "kubernetes", "redis", "jaeger"}
    assert profile.platform == "kubernetes"
    assert profile.redis.url == "redis://localhost:6379/0"
    assert read("", flags={"compose.project": "x"}).profile.platform == "compose"


def test_paths_are_relative_to_the_file_and_know_home(read: Read, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    text = "[profile.p]\nrunbooks = ['books', '/abs', '~/mine']\n[profile.p.prometheus]\nca_file = 'tls/ca.pem'\n"
    profile = read(text).profile
    assert profile.runbooks == (home / "ops-center/books", Path("/abs"), Path("/home/me/mine"))
    assert profile.prometheus.ca_file == home / "ops-center/tls/ca.pem"
    assert read(text, CATALOG="here.toml").profile.catalog == Path("here.toml")


def test_the_file_may_be_named(read: Read, tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text("[profile.one]\n")
    other.write_text("[profile.other]\n")
    assert read("[profile.usual]\n").profile.name == "usual"
    by_variable = read(CONFIG=str(one))
    assert (by_variable.profile.name, by_variable.config) == ("one", one)
    by_flag = load(config=other, overrides={}, env={"OPS_CENTER_CONFIG": str(one)})
    assert (by_flag.profile.name, by_flag.config) == ("other", other)


def test_a_named_file_must_exist(read: Read, tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert mistakes(read, CONFIG=str(missing))[0].startswith(f"{missing}: no such file\nhint: ")
    with pytest.raises(ConfigError, match="no such file"):
        load(config=missing, overrides={}, env={})


def test_a_file_that_is_none_is_named(read: Read, tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in mistakes(read, CONFIG=str(tmp_path))[0]
    (tmp_path / "binary").write_bytes(b"a = '\xff'")
    assert "not UTF-8 text: byte 5" in mistakes(read, CONFIG=str(tmp_path / "binary"))[0]
    (said,) = mistakes(read, "[profile.a\n")
    assert "config.toml: not TOML: " in said
    assert "line 1" in said


def test_a_bad_url_is_one_clear_line(read: Read) -> None:
    assert mistakes(read, "[profile.staging.prometheus]\nurl = 'localhost:9090'\n") == [
        (
            'config.toml: profile.staging.prometheus.url: expected http:// or https://, got "localhost:9090"\n'
            'hint: did you mean "http://localhost:9090"?'
        )
    ]


def test_all_mistakes_of_all_profiles_at_once(read: Read) -> None:
    text = """
        default_profile = "staging"
        promethues = 1
        [profile.staging]
        read_only = "yes"
        kubernets = {}
        runbooks = "books"
        [profile.staging.prometheus]
        timeout_s = "soon"
        usrname = "x"
        ca_file = 7
        [profile.staging.redis]
        url = "http://localhost"
        [profile.old.prometheus]
        username = "ops"
        [profile.old.grafana]
        key_file = "k.pem"
    """
    said = mistakes(read, text, JAEGER_URL="jaeger:16686", flags={"grafana.url": "", "grafna.url": "x"})
    lines = [problem.replace("\nhint: ", " | ") for problem in said]
    assert set(lines) == {
        "config.toml: promethues: unknown key | did you mean prometheus?",
        'config.toml: profile.staging.read_only: expected true or false, got "yes"',
        "config.toml: profile.staging.kubernets: unknown key | did you mean kubernetes?",
        'config.toml: profile.staging.runbooks: expected a list of paths, got "books" | write ["path"]',
        'config.toml: profile.staging.prometheus.timeout_s: expected a number of seconds, got "soon"',
        "config.toml: profile.staging.prometheus.usrname: unknown key | did you mean username?",
        "config.toml: profile.staging.prometheus.ca_file: expected a path, got number 7",
        (
            "config.toml: profile.staging.redis.url: expected redis:// or rediss:// or unix://, "
            'got "http://localhost" | did you mean "redis://localhost"?'
        ),
        (
            "config.toml: profile.old.prometheus.username: a user without password"
            " | set password_file or password_env beside it"
        ),
        "config.toml: profile.old.grafana.key_file: a key without certificate | set cert_file beside it",
        'OPS_CENTER_JAEGER_URL: expected http:// or https://, got "jaeger:16686" | did you mean "http://jaeger:16686"?',
        'grafana.url: expected http:// or https://, got "" | did you mean "http://"?',
        "grafna.url: no such setting | did you mean grafana.url?",
    }


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("username='u'\npassword_env='A'\npassword_file='b'", "password_file and password_env are both set"),
        ("bearer_token_env='A'\nbearer_token_file='b'", "bearer_token_file and bearer_token_env are both set"),
        ("username='u'\npassword_env='A'\nbearer_token_env='B'", "a bearer token and a user or password are both set"),
        ("password_env='A'", "a password without user"),
    ],
)
def test_settings_that_exclude_or_need_each_other(read: Read, lines: str, why: str) -> None:
    (said,) = mistakes(read, f"[profile.p.prometheus]\n{lines}\n")
    assert why in said


def test_a_clash_across_layers_names_the_one_that_came_last(read: Read) -> None:
    text = "[profile.p.prometheus]\nusername = 'u'\npassword_env = 'A'\n"
    (said,) = mistakes(read, text, PROMETHEUS_BEARER_TOKEN_FILE="/token")  # noqa: S106 - a path
    assert said.startswith("OPS_CENTER_PROMETHEUS_BEARER_TOKEN_FILE: a bearer token and a user")


def test_redis_may_have_a_password_or_a_user_alone(read: Read) -> None:
    assert read("[profile.p.redis]\npassword_env = 'A'\n").profile.redis.password_env == "A"  # noqa: S105 - a name
    assert read("[profile.p.redis]\nusername = 'u'\n").profile.redis.username == "u"


def test_a_platform_runs_on_one(read: Read) -> None:
    (said,) = mistakes(read, "[profile.p.kubernetes]\n[profile.p.compose]\n")
    assert "kubernetes and compose are both set" in said


@pytest.mark.parametrize("key", ["password", "token", "bearer_token", "Password", "api_key"])
def test_a_secret_in_the_file_is_refused_and_not_shown(read: Read, key: str) -> None:
    (said,) = mistakes(read, f"[profile.p.grafana]\n{key} = 'hunter2'\n")
    assert said.startswith(f"config.toml: profile.p.grafana.{key}: a secret does not belong in this file\nhint: ")
    assert "_file" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url",
    [
        "https://ops:hunter2@prometheus.example",
        "https://hunter2@prometheus.example",
        "ops:hunter2@prometheus.example",
        "https://prometheus.example/?token=hunter2",
        "https://prometheus.example/#hunter2",
        "https://ops:hunter2@[::1",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_shown(read: Read, url: str) -> None:
    for said in (
        mistakes(read, f"[profile.p.prometheus]\nurl = '{url}'\n"),
        mistakes(read, "", PROMETHEUS_URL=url),
        mistakes(read, "", flags={"prometheus.url": url}),
    ):
        assert "hunter2" not in said[0]


@pytest.mark.parametrize(
    "url",
    ["http://", "http://:9090", "http://h:0", "http://h:99999", "http://[::1", "http://a b", "http://h/\x1b[2J", "x"],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse(known()["prometheus.url"], url, None)
    assert caught.value.why.isprintable()


@pytest.mark.parametrize("url", ["http://h", "https://h:9090/prom/", "http://[::1]:9090", "HTTP://H"])
def test_what_is_a_url(url: str) -> None:
    assert parse(known()["prometheus.url"], url, None) == url.rstrip("/")


def test_a_misspelt_variable_is_noted(read: Read) -> None:
    settings = read(PROMETEUS_URL="http://h", SERVICE_PORT="80")
    assert settings.notes == ("OPS_CENTER_PROMETEUS_URL is not a setting; did you mean OPS_CENTER_PROMETHEUS_URL?",)


@given(text=st.text())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes its file anew
def test_any_file_is_settings_or_mistakes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, errors="replace")
    problems(file)


_names = st.sampled_from([*known(), *sections(), "password", "nonsense", "\x1b"]).map(
    lambda name: name.rpartition(".")[2]
)
_values = st.recursive(
    st.sampled_from(
        ["true", "1", "-1", "nan", "inf", "1e400", '"x"', '""', '"http://h"', "1979-05-27", '"\\u0000"', '"~x"']
    ),
    lambda inner: st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=3,
)


@given(
    tables=st.dictionaries(
        st.sampled_from(["", ".prometheus", ".redis", ".kubernetes", ".compose", ".nonsense"]),
        st.dictionaries(_names, _values, max_size=4),
        max_size=3,
    )
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes its file anew
def test_any_values_are_settings_or_mistakes(tmp_path: Path, tables: dict[str, dict[str, str]]) -> None:
    lines = []
    for table, values in tables.items():
        lines += [
            f"[profile.p{table}]",
            *(f'"{name}" = {value}' for name, value in values.items() if name.isprintable()),
        ]
    file = tmp_path / "config.toml"
    file.write_text("\n".join(lines))
    said = [str(problem) for problem in problems(file)]
    assert [sanitise(problem) for problem in said] == said


def test_reading_settings_and_wiring_loads_no_client() -> None:
    """A first paint waits for neither; each client is imported by its first call."""
    code = (
        "import sys, os\n"
        "from tui.core import settings, wiring\n"
        "wiring.connect(settings.load(overrides={}, env=os.environ).profile)\n"
        "heavy = {'requests', 'urllib3', 'httpx', 'redis', 'kubernetes', 'prometheus_api_client', 'textual'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("5", "expected 1000 to 100000000, got 5"),
        ('"many"', 'expected a whole number, got "many"'),
        ("true", "expected a whole number"),
        ("2000.5", "expected a whole number"),
    ],
)
def test_a_count_that_is_none_is_named_with_its_place(tmp_path: Path, raw: str, why: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[profile.p]\nlog_lines = {raw}\n")
    with pytest.raises(ConfigError) as caught:
        load(config=path, profile="p", overrides={}, env={})
    assert f"config.toml: profile.p.log_lines: {why}" in str(caught.value)
