"""Files and systemd units of a user's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from jetfleet.spec.frozen import SpecModel, freeze
from jetfleet.spec.invalid import invalid
from jetfleet.spec.secret import Secret, SecretRef
from jetfleet.spec.text import Flag, HostPath, UnitName, User, pattern

_LONGEST = 1 << 20


def _text(text: str) -> str:
    """Refuse control characters other than line breaks and tabs, and texts above 1 MiB."""
    if len(text.encode(errors="replace")) > _LONGEST:
        raise invalid("a text of at most 1 MiB", "bring it by an image or a package")
    for char in text:
        if (ord(char) < ord(" ") and char not in "\n\t") or "\x7f" <= char <= "\x9f":
            raise invalid(
                "text without control characters", f"remove the character U+{ord(char):04X}"
            )
        if "\ud800" <= char <= "\udfff":
            raise invalid("text in UTF-8", "save the file as UTF-8")
    return text if text.endswith("\n") or not text else f"{text}\n"


def _mode(value: object) -> object:
    """Return a mode as text: YAML 1.1 reads 0644 as a number of base eight, YAML 1.2 as 644."""
    return f"{value}" if isinstance(value, int) and not isinstance(value, bool) else value


def _kind(value: object) -> str:
    return "reference" if isinstance(value, (dict, SecretRef)) else "text"


Text = Annotated[str, AfterValidator(_text)]
Content = Annotated[
    Annotated[Text, Tag("text")] | Annotated[Secret, Tag("reference")], Discriminator(_kind)
]
Mode = Annotated[
    str,
    BeforeValidator(_mode),
    pattern(r"0?[0-7]{3}", 'a mode such as "640"', "write three octal digits in quotes"),
    AfterValidator(lambda mode: mode[-3:]),
    WithJsonSchema({"type": ["string", "integer"]}),
]
TemplatePath = Annotated[
    str,
    pattern(
        r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,200}",
        "the name of a file in the folder `files` beside the spec, such as motd.j2",
        "move the file there, and write its path from that folder on",
    ),
]
ServiceUnit = Annotated[
    UnitName,
    pattern(r".*\.service", "a service such as chrony.service", "write its name with .service"),
]


class Written(SpecModel):
    """What stands in a file: a text, a secret, or a template beside the spec."""

    content: Content | None = Field(
        default=None,
        description="its text, or a reference to a secret that is its text; left out, it is empty",
    )
    template: TemplatePath | None = Field(
        default=None,
        description="instead of content: a template in the folder `files` beside the spec, that "
        "knows `host` and `module`",
    )

    @property
    def written(self) -> bool:
        """Whether the spec has a text for it."""
        return self.content is not None or self.template is not None

    @model_validator(mode="after")
    def _one_of_both(self) -> Written:
        if self.content is not None and self.template is not None:
            raise invalid("content or template", "write one of the two", "both")
        return self


class OwnFile(Written):
    """A file of a user's own on the board."""

    mode: Mode = Field(default="644", description='its mode, such as "640"')
    owner: User = Field(default="root", description="the user that owns it")
    group: User = Field(default="root", description="its group")
    restart: tuple[ServiceUnit, ...] = Field(
        default=(), max_length=20, description="a list of services that run with it"
    )
    guard: Flag = Field(
        default=False,
        description="whether the board undoes a change of it, with the restart of its services, "
        "unless the run can log in again: for rules of a firewall",
    )

    @model_validator(mode="after")
    def _restarts_with_no_secret(self) -> OwnFile:
        if self.restart and isinstance(self.content, SecretRef):
            remedy = "leave restart out: what a service starts with is recorded as a hash"
            raise invalid("a text that is no secret", remedy, "restart with a secret")
        return self


class OwnUnit(Written):
    """A systemd unit: with content it is written, without it is the board's own."""

    enabled: Flag = Field(
        default=True,
        description="whether it starts at boot; of a unit of the board, false stops it too",
    )
    running: Flag = Field(
        default=True, description="whether it must be up; false for what a timer starts"
    )


OwnFiles = Annotated[dict[HostPath, OwnFile], AfterValidator(freeze)]
OwnUnits = Annotated[dict[UnitName, OwnUnit], AfterValidator(freeze)]
