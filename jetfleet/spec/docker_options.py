"""Options of `docker run` that any service in a container may have, named as in a compose file."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.text import Address, Flag, FreeText, HostPath, Name, pattern

_POWERS = "bkmgt"
_TEXT_OR_NUMBER = WithJsonSchema({"type": ["string", "integer"]})


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _limit(value: object) -> object:
    """Return a limit as docker writes it, from a number or from compose's `soft` and `hard`."""
    if isinstance(value, dict) and value.keys() == {"soft", "hard"}:
        return f"{value['soft']}:{value['hard']}"
    return _text(value)


def _capability(name: str) -> str:
    """Return a capability in one form: docker takes it in any case, with or without ``CAP_``."""
    return name.upper().removeprefix("CAP_")


Size = Annotated[
    str,
    BeforeValidator(_text),
    pattern(
        r"(?i)[0-9]{1,15}(\.[0-9]{1,9})?([kmgt]i?)?b?",
        "a size such as 512m or 8g",
        "write a number, with k, m or g for powers of 1024",
    ),
    _TEXT_OR_NUMBER,
]
Limit = Annotated[
    str,
    BeforeValidator(_limit),
    pattern(
        r"-?[0-9]{1,19}(:-?[0-9]{1,19})?",
        "a limit, such as -1 or 1024:2048",
        "write one number, or the soft and the hard limit",
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer"]},
                {
                    "type": "object",
                    "properties": {"soft": {"type": "integer"}, "hard": {"type": "integer"}},
                    "required": ["soft", "hard"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Capability = Annotated[
    str,
    pattern(r"[A-Za-z_]{1,40}", "a capability such as SYS_ADMIN", "see capabilities(7)"),
    AfterValidator(_capability),
]
_ACCOUNT = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}"
Account = Annotated[
    str,
    BeforeValidator(_text),
    pattern(
        rf"{_ACCOUNT}(:{_ACCOUNT})?",
        "a user of the container, such as 1000:1000",
        "write its name or number, and its group behind a colon",
    ),
    _TEXT_OR_NUMBER,
]
Group = Annotated[
    str,
    BeforeValidator(_text),
    pattern(_ACCOUNT, "a group, such as video", "write its name or number"),
    _TEXT_OR_NUMBER,
]
Limits = Annotated[dict[Name, Limit], AfterValidator(freeze)]
Hosts = Annotated[dict[Address, Address], AfterValidator(freeze)]


class DockerOptions(SpecModel):
    """Options of `docker run`."""

    ipc: Literal["host"] | None = Field(default=None, description="docker's --ipc")
    pid: Literal["host"] | None = Field(default=None, description="docker's --pid")
    privileged: Flag = Field(
        default=False, description="docker's --privileged: it has all rights of root on the board"
    )
    user: Account | None = Field(default=None, description="docker's --user, such as 1000:1000")
    group_add: tuple[Group, ...] = Field(
        default=(), description="a list of more groups of its user, such as video"
    )
    cap_add: tuple[Capability, ...] = Field(
        default=(), description="a list of capabilities that it has besides the usual ones"
    )
    cap_drop: tuple[Capability, ...] = Field(
        default=(), description="a list of capabilities that it does not have"
    )
    security_opt: tuple[FreeText, ...] = Field(
        default=(), description="a list of docker's --security-opt"
    )
    shm_size: Size | None = Field(
        default=None, description="the size of its shared memory, such as 8g"
    )
    memory: Size | None = Field(
        default=None, description="most memory that it may take, such as 6g; Docker kills it above"
    )
    ulimits: Limits = Field(
        default_factory=FrozenDict,
        description="a mapping of limits to a number or SOFT:HARD, such as memlock: -1",
    )
    extra_hosts: Hosts = Field(
        default_factory=FrozenDict, description="a mapping of host names to addresses"
    )
    workdir: HostPath | None = Field(
        default=None, description="docker's --workdir: the folder in the container to start in"
    )
    entrypoint: FreeText | None = Field(
        default=None,
        description="docker's --entrypoint; a server's command becomes its arguments",
    )
    devices: tuple[HostPath, ...] = Field(default=(), description="a list of devices, if there")

    @property
    def docker_options(self) -> dict[str, Any]:
        """The options that are written, by their long names, each as Docker shows it.

        Entrypoint and devices are left out: they are merged with those of the runtime. Sizes are
        bytes; what may be there several times is a sorted list.
        """
        given = {
            "ipc": self.ipc,
            "pid": self.pid,
            "privileged": self.privileged,
            "user": self.user,
            "group-add": sorted(self.group_add),
            "cap-add": sorted(self.cap_add),
            "cap-drop": sorted(self.cap_drop),
            "security-opt": sorted(self.security_opt),
            "shm-size": size_in_bytes(self.shm_size or "0"),
            "memory": size_in_bytes(self.memory or "0"),
            "ulimit": sorted(f"{name}={_both(limit)}" for name, limit in self.ulimits.items()),
            "workdir": self.workdir,
            "add-host": sorted(f"{name}:{at}" for name, at in self.extra_hosts.items()),
        }
        return {name: value for name, value in given.items() if value}


def size_in_bytes(text: str) -> int:
    """Return the bytes of a size as docker reads it: units are powers of 1024."""
    found = re.match(r"([0-9.]+)([bkmgt]?)", text.lower())
    number, unit = (found[1], found[2] or "b") if found else ("0", "b")
    return int(float(number) * 1024 ** _POWERS.index(unit))


def written_size(size: int) -> str:
    """Return bytes as a spec has them, with the largest unit that says it exactly."""
    power = max(at for at in range(len(_POWERS)) if size % 1024**at == 0)
    return f"{size // 1024**power}{_POWERS[power]}" if power else str(size)


def _both(limit: str) -> str:
    return limit if ":" in limit else f"{limit}:{limit}"
