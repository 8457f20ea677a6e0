"""`jetfleet explain`: what a rule says, why, what to write instead, and its sources."""

from __future__ import annotations

from typing import Annotated

import typer

from jetfleet.catalog.rules import Rule, rules
from jetfleet.errors import FleetError
from jetfleet.spec.suggest import did_you_mean

_AT = {"spec": "the spec", "lock": "the spec and the lock", "board": "the board itself"}


def explain(
    rule: Annotated[
        str | None, typer.Argument(help="A rule's id; left out, all are listed.")
    ] = None,
) -> None:
    """Print one rule with its sources, or list all rules."""
    known = rules()
    if rule is None:
        width = max(map(len, known))
        for one in known.values():
            typer.echo(f"{one.id:{width}}  {one.level:6}  {one.sentence}")
        return
    if rule not in known:
        raise FleetError(
            f"there is no rule {rule}: {did_you_mean(rule, known)}; `jetfleet explain` lists all"
        )
    typer.echo(explained(known[rule]))


def explained(rule: Rule) -> str:
    """Return a rule with all its fields, for people."""
    verb = "refused" if rule.refuse else "a warning"
    when = rule.when if isinstance(rule.when, str) else _conditions(rule)
    lines = [
        f"{rule.id}: {verb}, checked against {_AT[rule.at]}",
        "",
        f"{rule.sentence}.",
        f"When:    {when}",
        f"Why:     {rule.why}",
        f"Instead: {rule.remedy}",
        *(f"Source:  {link}" for link in rule.links),
        "",
        f"To let it pass, with a reason that plans show:  waive: {{{rule.id}: WHY}}",
    ]
    return "\n".join(lines)


def _conditions(rule: Rule) -> str:
    words = {"min": "at least", "max": "at most"}
    listed = []
    for key, value in rule.conditions.items():
        name, _, bound = key.rpartition("_")
        listed.append(f"{name} {words[bound]} {value}" if bound in words else f"{key} {value}")
    return "; ".join(listed)
