"""Who made a board differ from its spec: a person on the board, or one in the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from jetfleet.drift.fingerprint import desired_hash, observed_hash
from jetfleet.resources.applied import Applied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources.base import Resource

Cause = Literal["board", "spec", "both", "first"]


def cause_of(resource: Resource[Any], actual: Any, applied: Mapping[str, Any]) -> Cause:  # noqa: ANN401
    """Tell why a resource differs, by what the board's own record says was last applied.

    ``board``: its desired state was applied, and the board has another. ``spec``: another desired
    state was applied. ``both``: that, and the board no longer has what was applied either; only
    for kinds that stand alone, see `Resource.stands_alone`. ``first``: nothing was applied yet.
    """
    then = applied.get("resources")
    if not isinstance(then, dict) or not then:
        return "first"
    if isinstance(resource, Applied):
        return "spec" if then != dict(resource.resources) else "board"
    if then.get(resource.key) == desired_hash(resource):
        return "board"
    was, now = applied.get("states", {}).get(resource.key), observed_hash(resource, actual)
    return "both" if was and now and was != now else "spec"
