"""Settings: a TOML file with profiles, overridden by `OPS_CENTER_*` variables, overridden by flags.

    default_profile = "staging"

    [profile.staging]
    read_only = true

    [profile.staging.prometheus]
    url = "https://prometheus.example/prom"
    bearer_token_file = "~/.config/ops-center/token"

The file is `ops-center/config.toml` in the user's configuration folder (`$XDG_CONFIG_HOME`, by default `~/.config`).
All profiles in it are checked, also those not in use: a mistake is found when the file is edited, not during an outage.
With no file there is one profile, `localhost`, with the usual ports.

A secret is never written down: the file names a file or a variable that holds it, and a literal one is refused. An
empty variable counts as not set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tui.core.setting_fields import PREFIX, Mistake, Setting, known, parse, sections, selectors, shown
from tui.model.errors import ConfigError, Problem
from tui.model.profile import Profile
from tui.model.text import sanitise_line

LOCALHOST = "localhost"
_SECRETS = frozenset({"password", "passwd", "token", "bearer_token", "secret", "api_key"})
_TOKENS = ("bearer_token_file", "bearer_token_env")
_TOP = ("default_profile", "profile")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and from where.

    `config` is the file that was read, None when there is none. `origins` says for each setting that was said where:
    the file's name, the variable, or "flag".
    """

    profile: Profile
    config: Path | None = None
    origins: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()

    def origin(self, name: str) -> str:
        """Where a setting comes from, or the first that was said of a table; "default" when nobody said anything."""
        said = (origin for key, origin in self.origins.items() if key == name or key.startswith(f"{name}."))
        return next(said, "default")


class _Values(msgspec.Struct):
    """One layer's values by setting name, each with the place to name in a mistake, and the tables it opened."""

    values: dict[str, object] = msgspec.field(default_factory=dict)
    places: dict[str, str] = msgspec.field(default_factory=dict)
    opened: set[str] = msgspec.field(default_factory=set)

    def over(self, other: _Values) -> _Values:
        """This layer on top of another."""
        return _Values(other.values | self.values, other.places | self.places, other.opened | self.opened)


def listing() -> tuple[Setting, ...]:
    """Every setting, with its variable, kind, default and meaning, as the documentation lists them."""
    return (*selectors(), *known().values())


def load(
    *, config: Path | None = None, profile: str | None = None, overrides: Mapping[str, object], env: Mapping[str, str]
) -> Settings:
    """Read the settings of one profile.

    Args:
        config: The file named by flag; it must exist.
        profile: The profile named by flag.
        overrides: Flags by setting name ("prometheus.url"), as text or typed.
        env: The environment.

    Raises:
        ConfigError: every mistake in file, variables and flags.
    """
    problems: list[Problem] = []
    path = _file(config, env)
    document = _document(path, required=config is not None or bool(env.get(f"{PREFIX}CONFIG")))
    file_name = sanitise_line(path.name)
    profiles = _profiles(document or {}, path, problems)
    chosen = _choose(profile, env, document or {}, profiles, file_name, problems)
    variables, flags = _variables(env, problems), _flags(overrides, problems)
    for name, layer in profiles.items():
        if name != chosen:
            _check(layer, f"{file_name}: profile.{name}", problems)
    below = profiles.get(chosen, _Values())
    merged = flags.over(variables).over(below)
    _check(merged, f"{file_name}: profile.{chosen}" if chosen in profiles else chosen, problems)
    if problems:
        raise ConfigError(problems)
    origins = dict.fromkeys(flags.values, "flag")
    for name in (*variables.values, *below.values, *below.opened):
        origins.setdefault(name, variables.places.get(name, file_name))
    return Settings(
        profile=_build(chosen, merged),
        config=path if document is not None else None,
        origins=origins,
        notes=_strangers(env),
    )


def _file(config: Path | None, env: Mapping[str, str]) -> Path:
    if config is not None:
        return config
    if named := env.get(f"{PREFIX}CONFIG"):
        return Path(named).expanduser()
    return _folder(env) / "ops-center" / "config.toml"


def _folder(env: Mapping[str, str]) -> Path:
    """The user's configuration folder; platformdirs costs 10 ms to import, and on Linux the rule is one line."""
    if env.get("XDG_CONFIG_HOME", "").startswith("/"):
        return Path(env["XDG_CONFIG_HOME"])
    if sys.platform == "linux":
        return Path("~/.config").expanduser()
    else:  # noqa: RET505 - as an else branch mypy knows it for another platform's
        import platformdirs

        return platformdirs.user_config_path()


def _document(path: Path, *, required: bool) -> dict[str, Any] | None:
    """The parsed file; None when there is none and none was named."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if not required:
            return None
        raise ConfigError([Problem(str(path), "no such file", "leave out --config to use the defaults")]) from None
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from error
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), f"not UTF-8 text: byte {error.start} is wrong")]) from error
    except tomllib.TOMLDecodeError as error:
        why = sanitise_line(str(error), 200)
        raise ConfigError([Problem(str(path), f"not TOML: {why}", "see https://toml.io")]) from error


def _profiles(document: dict[str, Any], path: Path, problems: list[Problem]) -> dict[str, _Values]:
    for key in document.keys() - set(_TOP):
        why, hint = "unknown key", did_you_mean(key, (*_TOP, *sections()))
        if key in known() or key in sections():
            hint = f"settings stand in a profile: [profile.NAME{'.' + key if key in sections() else ''}]"
        problems.append(Problem(f"{path.name}: {sanitise_line(key, 80)}", why, hint))
    tables = document.get("profile", {})
    if not isinstance(tables, dict):
        problems.append(Problem(f"{path.name}: profile", f"expected tables [profile.NAME], got {shown(tables)}"))
        return {}
    found: dict[str, _Values] = {}
    for raw_name, table in tables.items():
        name = sanitise_line(raw_name, 80)
        found[name] = _Values()
        if isinstance(table, dict):
            _read(table, "", f"{path.name}: profile.{name}", path.parent, found[name], problems)
        else:
            problems.append(Problem(f"{path.name}: profile.{name}", f"expected a table, got {shown(table)}"))
    return found


def _read(table: dict[str, Any], section: str, place: str, base: Path, into: _Values, problems: list[Problem]) -> None:
    """Read one table of a profile, and the tables in it, collecting values and mistakes."""
    for key, raw in table.items():
        name, here = f"{section}{key}", f"{place}.{sanitise_line(key, 80)}"
        if name in sections():
            if isinstance(raw, dict):
                into.opened.add(name)
                _read(raw, f"{name}.", here, base, into, problems)
            else:
                problems.append(Problem(here, f"expected a table, got {shown(raw)}"))
        elif name in known():
            _take(known()[name], raw, base, here, into, problems)
        elif key.lower() in _SECRETS:
            kind = "password" if key.lower().startswith("passw") else "bearer_token"
            problems.append(
                Problem(
                    here,
                    "a secret does not belong in this file",
                    f"put it in a file of its own and set {kind}_file, or name a variable with {kind}_env",
                )
            )
        else:
            siblings = [other.removeprefix(section) for other in (*known(), *sections()) if other.startswith(section)]
            plain = [other for other in siblings if "." not in other]
            problems.append(Problem(here, "unknown key", did_you_mean(key, plain)))


def _take(setting: Setting, raw: object, base: Path | None, place: str, into: _Values, problems: list[Problem]) -> None:
    into.places[setting.name] = place
    try:
        into.values[setting.name] = parse(setting, raw, base)
    except Mistake as mistake:
        problems.append(Problem(place, mistake.why, mistake.hint))


def _choose(
    flag: str | None,
    env: Mapping[str, str],
    document: dict[str, Any],
    profiles: dict[str, _Values],
    file_name: str,
    problems: list[Problem],
) -> str:
    default = document.get("default_profile")
    if default is not None and not isinstance(default, str):
        problems.append(Problem(f"{file_name}: default_profile", f"expected text, got {shown(default)}"))
        default = None
    if default and default not in profiles and default != LOCALHOST:
        problems.append(_unknown_profile(f"{file_name}: default_profile", default, profiles))
    for place, name in (("--profile", flag), (f"{PREFIX}PROFILE", env.get(f"{PREFIX}PROFILE"))):
        if name:
            if name not in profiles and name != LOCALHOST:
                problems.append(_unknown_profile(place, name, profiles))
            return name
    if default:
        return default
    if len(profiles) > 1:
        names = ", ".join(sorted(profiles))
        hint = f'set default_profile = "{min(profiles)}", or pass --profile'
        problems.append(Problem(file_name, f"several profiles and no default_profile: {names}", hint))
    return next(iter(profiles), LOCALHOST)


def _unknown_profile(place: str, name: str, profiles: Iterable[str]) -> Problem:
    there_are = ", ".join(sorted({*profiles, LOCALHOST}))
    return Problem(place, f"no profile {shown(name)}", f"there are: {there_are}")


def _variables(env: Mapping[str, str], problems: list[Problem]) -> _Values:
    layer = _Values()
    for setting in known().values():
        if raw := env.get(setting.variable):
            _take(setting, raw, None, setting.variable, layer, problems)
    return layer


def _flags(overrides: Mapping[str, object], problems: list[Problem]) -> _Values:
    layer = _Values()
    for name, raw in overrides.items():
        if setting := known().get(name):
            _take(setting, raw, None, name, layer, problems)
        else:
            problems.append(Problem(sanitise_line(name, 80), "no such setting", did_you_mean(name, known())))
    return layer


def _strangers(env: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that look like a setting misspelt. Only a note: what runs us may set others with our prefix."""
    ours = {setting.variable for setting in listing()}
    strangers = sorted(name for name in env if name.startswith(PREFIX) and name not in ours)
    return tuple(f"{name} is not a setting; {hint}" for name in strangers if (hint := did_you_mean(name, ours, 0.9)))


def _check(layer: _Values, place: str, problems: list[Problem]) -> None:
    """What single values cannot tell: settings that need or exclude each other, named at the one to change."""

    def said(section: str, *fields: str) -> list[str]:
        return [name for field in fields if layer.values.get(name := f"{section}.{field}")]

    def clash(name: str, why: str, hint: str) -> None:
        problems.append(Problem(layer.places[name], why, hint))

    for section in sorted(sections()):
        user = said(section, "username")
        passwords, tokens = said(section, "password_file", "password_env"), said(section, *_TOKENS)
        certificate, key = said(section, "cert_file"), said(section, "key_file")
        if passwords[1:]:
            clash(passwords[1], "password_file and password_env are both set", "keep one")
        if tokens[1:]:
            clash(tokens[1], "bearer_token_file and bearer_token_env are both set", "keep one")
        if key and not certificate:
            clash(key[0], "a key without certificate", "set cert_file beside it")
        if tokens and (user or passwords):
            clash(tokens[0], "a bearer token and a user or password are both set", "keep one")
        elif section == "redis":  # it has users without password, and passwords without user
            continue
        elif user and not passwords:
            clash(user[0], "a user without password", "set password_file or password_env beside it")
        elif passwords and not user:
            clash(passwords[0], "a password without user", "set username beside it")
    if {"kubernetes", "compose"} <= _named(layer):
        problems.append(Problem(place, "kubernetes and compose are both set", "a platform runs on one: keep one"))


def _named(layer: _Values) -> frozenset[str]:
    """The backends somebody said something about."""
    return frozenset(layer.opened | {name.partition(".")[0] for name in layer.values if "." in name} | {"prometheus"})


def _build(name: str, layer: _Values) -> Profile:
    profile = Profile(name=name, configured=_named(layer))
    own = {key: value for key, value in layer.values.items() if "." not in key}
    for section in sections():
        prefix = f"{section}."
        values = {key.removeprefix(prefix): value for key, value in layer.values.items() if key.startswith(prefix)}
        if values:
            own[section] = msgspec.structs.replace(getattr(profile, section), **values)
    return msgspec.structs.replace(profile, **own)


def did_you_mean(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """A hint that names the nearest of `words`, empty when none is near."""
    import difflib

    near = difflib.get_close_matches(word, list(words), n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else ""
