"""Who gets into a board: settings of its SSH server, and rules of sudo."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from jetfleet.spec.frozen import freeze
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import FreeText, one_line, pattern

_WHOLE_FILE = frozenset({"match", "include"})
"""Keywords after which the lines that follow mean something else: sshd_config(5)."""


_REACHED_BY = frozenset({"port"})
"""The run that changes it reaches the board at the old one. With ssh.socket it is systemd's too."""


def _setting(name: str) -> str:
    if name.lower() in _REACHED_BY:
        raise invalid(
            "a setting that keeps the port",
            "change the port on the board, and write it as `port` under `ssh`",
        )
    if name.lower() in _WHOLE_FILE:
        raise invalid("a setting for every login", f"write {name} into a file on the board")
    return name


def _value(value: object) -> object:
    """Return a value as sshd writes it: `no` and false are the same in YAML 1.1."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else value


def _rule(line: str) -> str:
    if re.match(r"\s*([#@]include|$)", line) or line.rstrip().endswith("\\"):
        raise invalid("a whole line of sudoers", "write one rule; files are not included")
    return one_line(line)


SshdSetting = Annotated[
    str,
    pattern(
        r"[A-Za-z][A-Za-z0-9]{1,60}",
        "a keyword of sshd_config, such as PasswordAuthentication",
        "write it as `man sshd_config` does",
    ),
    AfterValidator(_setting),
]
SshdValue = Annotated[
    FreeText,
    BeforeValidator(_value),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]
Sshd = Annotated[dict[SshdSetting, SshdValue], AfterValidator(freeze)]
SudoRule = Annotated[str, AfterValidator(_rule)]
