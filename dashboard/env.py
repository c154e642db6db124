"""Typed readers of the environment. A variable that is empty counts as unset."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dashboard import buckets
from dashboard.buckets import Bucket

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
TRUE = {"1", "on", "true", "yes"}
FALSE = {"0", "off", "false", "no"}


class Mistyped(Exception):
    """A variable has an impossible value. The text is one sentence for the person who starts the product."""


class Env:
    """Reads variables from the environment, then from an `.env` file; the environment wins."""

    def __init__(self, file: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.values = {**read_env_file(file), **{name: value for name, value in environ.items() if value.strip()}}
        self.exposed = [file] if file.is_file() and is_exposed(file) else []
        """Files with secrets that other users of this machine can read."""

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        word = self.text(name, "on" if default else "off").lower()
        if word not in TRUE | FALSE:
            raise Mistyped(f"{name} is “{word}”. Use on or off.")
        return word in TRUE

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        word = self.text(name, str(default))
        if not word.isascii() or not word.isdigit() or len(word) > 20 or not low <= int(word) <= high:
            raise Mistyped(f"{name} is “{word}”. Use a whole number from {low} to {high:,}.")
        return int(word)

    def optional_whole(self, name: str, *, low: int, high: int) -> int | None:
        """A number that may be off, which is its default."""
        return None if self.text(name, "off").lower() in FALSE - {"0"} else self.whole(name, low, low=low, high=high)

    def seconds(self, name: str, default: float, *, low: float, high: float) -> float:
        word = self.text(name, f"{default:g}")
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise Mistyped(f"{name} is “{word}”. Use a number of seconds from {low:g} to {high:g}.")
        return value

    def durations(self, name: str, default: str, *, most: timedelta) -> tuple[float, ...]:
        """The times of a list such as `10m,24h` in seconds, from the shortest to the longest; none for `off`."""
        words = [] if self.text(name, default).lower() in FALSE - {"0"} else self.text(name, default).split(",")
        matches = [re.fullmatch(r"([0-9]{1,9})([smhd])", word.strip(), re.ASCII) for word in words]
        found = [int(match[1]) * SECONDS[match[2]] for match in matches if match]
        if len(found) < len(words) or any(not 0 < seconds <= most.total_seconds() for seconds in found):
            example = f"Use off, or times such as {default}, up to {most.days}d, with the units s, m, h and d."
            raise Mistyped(f"{name} is “{self.text(name, default)}”. {example}")
        return tuple(sorted(set(map(float, found))))

    def rules(self, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Words with commas, each one of these or `model:NAME`; none by default, or with `off`."""
        text = self.text(name, "off")
        words = tuple(dict.fromkeys(word.strip() for word in text.split(","))) if text != "off" else ()
        if wrong := [word for word in words if word not in known and not re.fullmatch(r"model:\S.*", word)]:
            raise Mistyped(f"{name} holds “{wrong[0]}”. Use {', '.join(known)} or model:NAME, with commas, or off.")
        return words

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        word = self.text(name, default)
        if word not in choices:
            raise Mistyped(f"{name} is “{word}”. Use one of: {', '.join(choices)}.")
        return word

    def url(self, name: str, default: str) -> str:
        word = self.text(name, default).rstrip("/")
        if "@" in word:
            # The value is not shown, because the text before the @ may be a password.
            raise Mistyped(f"{name} holds a user name or a password. Use an address such as {default}.")
        try:
            parts = urlsplit(word)
            well_formed = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
        except ValueError:
            well_formed = False
        if not well_formed or parts.query or parts.fragment or any(character.isspace() for character in word):
            raise Mistyped(f"{name} is “{word}”. Use an address such as {default}.")
        return word

    def anchor(self, name: str) -> str:
        """Where heads of the audit log are published; empty for nowhere. Plain HTTP is allowed on this machine only."""
        word = self.text(name)
        if re.fullmatch(r"|file:.+|syslog:([\w.-]+(:\d{1,5})?)?|https://[^/@]+.*|http://127\.0\.0\.1[:/].*", word):
            return word
        # The value is not shown, because it may contain a token.
        raise Mistyped(f"{name} can't be used. Use file:PATH, syslog:, syslog:HOST:PORT or https://….")

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Addresses and networks such as `10.0.0.0/8`, separated by commas; none by default."""
        found = []
        for word in filter(None, map(str.strip, self.text(name).split(","))):
            try:
                found.append(ip_network(word))
            except ValueError:
                raise Mistyped(f"{name} holds “{word}”. Use addresses or networks such as 10.0.0.0/8.") from None
        return found

    def hosts(self, name: str) -> list[str]:
        """Names such as `cdn.example.com`, `*.example.com` or `cdn.example.com:8443`, with commas; none by default."""
        found = [word.strip().lower() for word in self.text(name).split(",") if word.strip()]
        for word in found:
            if not re.fullmatch(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+(:[0-9]{1,5})?", word, re.ASCII):
                raise Mistyped(f"{name} holds “{word}”. Use names of hosts such as cdn.example.com or *.example.com.")
        return found

    def bucket(self, name: str) -> Bucket | None:
        """Where pictures are kept instead of in a folder; None for the folder."""
        word = self.text(name)
        if not word:
            return None
        if found := buckets.read(word):
            return found
        # Not shown: a secret may stand in it.
        raise Mistyped(f"{name} can't be used. Use an address such as {buckets.EXAMPLE}.")

    def zone(self, name: str, default: str) -> str:
        """A time zone by its name, such as `Europe/Berlin`. Upper and lower case count."""
        word = self.text(name, default)
        if word != default and word not in zones():
            raise Mistyped(f"{name} is “{word}”. Use the name of a time zone, such as Asia/Shanghai or UTC.")
        return word

    def secret(self, name: str) -> str:
        """The value of `NAME`, or the content of the file that `NAME_FILE` names."""
        if value := self.text(name):
            return value
        if not (file := self.text(f"{name}_FILE")):
            return ""
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Mistyped(f"{name}_FILE names {file}, which can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise Mistyped(f"{name}_FILE names {file}, which is not text.") from error
        if not value:
            # Without this error the product would generate a key, or start the sandbox.
            raise Mistyped(f"{name}_FILE names {file}, which is empty.")
        if is_exposed(Path(file)):
            self.exposed.append(Path(file))
        return value

    def header(self, name: str) -> str:
        """A secret that is sent in an HTTP header. Error texts never show it."""
        value = self.secret(name)
        if not value.isascii() or not value.isprintable() or " " in value:
            raise Mistyped(f"{name} holds a character that no key has: a space, a line break or a letter beyond ASCII.")
        return value


@cache
def zones() -> list[str]:
    """The names of all time zones; "localtime" and "Factory" are no zones."""
    return sorted(available_timezones() - {"localtime", "Factory"})


def read_env_file(file: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` begins a comment line, and a value may stand in quotes."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Mistyped(f"{file.name} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Mistyped(f"{file.name} is not UTF-8 text.") from error
    values = {}
    for number, line in enumerate(lines, 1):
        line = line.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Mistyped(f"Line {number} of {file.name} is not NAME=value.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def is_exposed(path: Path) -> bool:
    """Whether other users than the owner may read it."""
    return path.exists() and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def private_folder(folder: Path) -> Path:
    """Makes the folder if it is missing, and closes it for other users, so that they can't reach the files in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Mistyped(f"{folder} can't be written: {error.strerror}. Set VAR_DIR to a folder that can.") from error
    # A folder of another owner can't be changed; a check reports it.
    with suppress(PermissionError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    return folder


def generated_secret(file: Path) -> str:
    """A secret that is generated once and stored in `file`, which only its owner can read."""
    try:
        if not file.exists():
            with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="ascii") as draft:
                draft.write(secrets.token_urlsafe(50))
                draft.flush()
                os.fsync(draft.fileno())
                # The file appears complete or not at all: of two processes that start at once, the second reads the
                # first's.
                with suppress(FileExistsError):
                    os.link(draft.name, file)
        secret = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Mistyped(
            f"{file.parent} can't be written: {error.strerror}. Set VAR_DIR to a folder that can."
        ) from error
    if not secret:
        raise Mistyped(f"{file} is empty. Put it back from a backup, or remove it to have a new one made.")
    return secret
