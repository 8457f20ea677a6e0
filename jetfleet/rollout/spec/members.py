"""Which hosts a part of a rollout file means."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from jetfleet.rollout.spec.amount import Share
from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import Count, pattern


def _group(text: str) -> str:
    if text.startswith("group:"):
        return text
    raise invalid("a group such as group:llm", f"write group:{text}", f'the key "{text}"')


Selector = Annotated[
    str,
    pattern(
        r"(group:)?[A-Za-z0-9*?][A-Za-z0-9._*?-]{0,62}",
        "a host, a pattern of hosts such as nano-*, or a group such as group:lab",
        "write the name as in the spec",
    ),
]
GroupSelector = Annotated[
    Selector,
    AfterValidator(_group),
]


def one_or_more(value: object) -> object:
    """Return a single selector as a list of one."""
    return [value] if isinstance(value, str) else value


_SHARE = re.compile(r"\d+ ?%")


class Members(SpecModel):
    """The hosts of a wave: a share of the fleet, named hosts, or some of each class."""

    per: Literal["class"] | None = Field(
        default=None,
        description="`class`: some of each class, which is module, JetPack, and images of services",
    )
    count: Count = Field(default=1, description="how many of each class")
    share: Share | None = Field(default=None, description="a percentage or a number of hosts")
    named: tuple[Selector, ...] = Field(
        default=(), description="hosts, patterns and groups, such as [group:lab, nano-*]"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:  # noqa: ANN401 - whatever is in the file
        if isinstance(value, int) or (isinstance(value, str) and _SHARE.fullmatch(value)):
            return {"share": value}
        if isinstance(value, str):
            return {"named": [value]}
        return {"named": value} if isinstance(value, (list, tuple)) else value

    @model_validator(mode="after")
    def _one_way(self) -> Members:
        if [self.per is not None, self.share is not None, bool(self.named)].count(True) != 1:
            raise invalid(
                "a share such as 10%, a list of hosts and groups, or {per: class, count: 1}",
                "write one of them",
            )
        return self


MEMBERS_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string"},
            {"type": "integer", "minimum": 1},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {
                "type": "object",
                "properties": {"per": {"const": "class"}, "count": {"type": "integer"}},
                "required": ["per"],
                "additionalProperties": False,
            },
        ]
    }
)
