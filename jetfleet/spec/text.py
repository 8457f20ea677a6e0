"""The kinds of text in a spec, and the characters that each may contain.

Free text may be any line of text: it is quoted wherever it is used. Names, paths and references
become file names, unit names and image names, so few characters are allowed in them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from jetfleet.spec.invalid import invalid
from jetfleet.spec.number import version_text
from jetfleet.text import plain_path

_SAFE = "letters, digits and ._/+@:-"


def one_line(text: str) -> str:
    """Refuse line breaks, NUL and other control characters in `text`."""
    for char in text:
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            expected = "one line of text without control characters"
            raise invalid(expected, f"remove the character U+{ord(char):04X}")
    return text


def free_text(text: str) -> str:
    """Refuse control characters, and a leading "-" that a program would read as an option."""
    if text.startswith("-"):
        raise invalid('text that does not begin with "-"', 'remove the leading "-"')
    return one_line(text)


def pattern(regex: str, expected: str, remedy: str) -> AfterValidator:
    """Return a validator that refuses text which the whole regular expression does not match."""
    matches = re.compile(regex).fullmatch

    def check(text: str) -> str:
        if not matches(text):
            raise invalid(expected, remedy)
        return text

    return AfterValidator(check)


def _plain_rate(value: object) -> object:
    """Return a rate in its one form: `20 MiB/s`, `20m` and `20M` are the same."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"([0-9]+) ?([kKmMgG])(i?B|i)?(/s)?", value)
    if found is None or found[3] == "B":
        return value
    return f"{found[1]}{found[2].upper()}"


def bytes_of(rate: str) -> int:
    """Return the bytes a second of a rate in its one form, such as ``20M``; 0 for an empty one."""
    power = "KMG".find(rate[-1:] or " ") + 1
    return int(rate[:-1] if power else rate or 0) << (10 * power)


def _no_parent(path: str) -> str:
    if ".." in path.split("/"):
        raise invalid('a path without ".."', "write the whole path")
    return path


Description = Annotated[str, AfterValidator(one_line)]
FreeText = Annotated[str, AfterValidator(free_text)]
Name = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
        "a name of at most 63 letters, digits and ._- that begins with a letter or digit",
        "rename it",
    ),
]
UnitName = Annotated[
    str,
    # systemd.unit(5); without what follows the @, it is a template, of which nothing can be asked.
    pattern(
        r"(?!.{256})[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?\.[a-z]+",
        "the whole name of a systemd unit, such as ollama.service",
        "write it as `systemctl` shows it; of a template, write an instance",
    ),
    AfterValidator(free_text),
]
Address = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}(%[A-Za-z0-9._-]{1,15})?",
        "an IP address or a DNS name",
        "write it without user, port or scheme",
    ),
]
User = Annotated[
    str,
    pattern(r"[a-z_][a-z0-9_-]{0,31}", "a Linux user name", "write the name that logs in"),
]
PathKey = Annotated[
    str,
    pattern(r"/[A-Za-z0-9._/+@:-]*", f"an absolute path of {_SAFE}", "write the whole path from /"),
    AfterValidator(_no_parent),
]
"""A path that is the key of a mapping: it stays as it is written, so that it is found there."""
HostPath = Annotated[PathKey, AfterValidator(plain_path)]
LocalPath = Annotated[
    str,
    pattern(
        r"(~?/)?[A-Za-z0-9._+@:][A-Za-z0-9._/+@:-]*",
        f"a path of {_SAFE}, absolute or from ~/",
        "rename the file",
    ),
]


def _mount_target(text: str) -> str:
    path, _, mode = text.partition(":")
    if not path.startswith("/") or mode not in {"", "ro", "rw"} or ".." in path.split("/"):
        raise invalid(
            "an absolute path in the container, or PATH:rw", "write it as /data or /data:rw"
        )
    return f"{plain_path(path)}:{mode}" if mode else plain_path(path)


MountTarget = Annotated[FreeText, AfterValidator(_mount_target)]
Device = Annotated[
    str,
    pattern(
        r"/dev/[A-Za-z0-9][A-Za-z0-9._/+:-]*",
        "a block device such as /dev/nvme0n1",
        "name the whole disk by its path under /dev",
    ),
    AfterValidator(_no_parent),
    AfterValidator(plain_path),
]
MountOption = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9][A-Za-z0-9._=:-]*", "one mount option, such as noatime", "write one per item"
    ),
]
ImageId = Annotated[
    str,
    pattern(r"sha256:[0-9a-f]{64}", "an image's id, sha256:…", "write what `docker inspect` says"),
]
Sha256 = Annotated[
    str,
    pattern(r"[0-9a-f]{64}", "64 hexadecimal digits", "write what sha256sum prints, in lower case"),
]
ServedName = Annotated[
    str,
    pattern(r"[A-Za-z0-9][A-Za-z0-9._/+@:-]*", f"a model id of {_SAFE}", "choose a plain name"),
]
RuleId = Annotated[
    str,
    pattern(
        r"[a-z0-9][a-z0-9.-]*", "the name of a rule", "write it as `jetfleet explain` prints it"
    ),
]
HttpBase = Annotated[
    str,
    pattern(
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?",
        "a URL such as http://192.0.2.11:8000/v1",
        "write scheme, host and port",
    ),
]
UrlPath = Annotated[
    str,
    pattern(
        r"/[A-Za-z0-9._/~%?=&+:@-]*", "the path of a URL, such as /health", "begin it with a slash"
    ),
]
EnvName = Annotated[
    str,
    pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable", "rename it"),
]
Version = Annotated[
    str,
    BeforeValidator(version_text),
    pattern(
        r"[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z0-9]+)?",
        'a JetPack version such as "6.2"',
        "write its number",
    ),
]
L4tVersion = Annotated[
    str,
    BeforeValidator(version_text),
    pattern(
        r"[0-9]+\.[0-9]+\.[0-9]+",
        'an L4T version of three numbers, such as "36.4.3"',
        "take it from /etc/nv_tegra_release: R36, REVISION: 4.3 is 36.4.3",
    ),
]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, Field(strict=True, ge=1, le=10000)]
Seconds = Annotated[int, Field(strict=True, ge=1, le=86400)]
Rate = Annotated[
    str,
    BeforeValidator(_plain_rate),
    pattern(
        r"[1-9][0-9]*[KMG]?",
        "bytes per second, such as 20M",
        "write a whole number, with K, M or G for powers of 1024",
    ),
]
Flag = Annotated[bool, Field(strict=True)]
