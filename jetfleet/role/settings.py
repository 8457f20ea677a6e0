"""Settings of roles: the sections under `roles` of a spec, as the model of each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from jetfleet.errors import FleetError
from jetfleet.role.role import short_name
from jetfleet.spec.frozen import thaw
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.suggest import did_you_mean
from jetfleet.spec.translate import translate
from jetfleet.spec.tree import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jetfleet.role.role import Role
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec
    from jetfleet.spec.position import KeyPath


class RoleSettings(BaseModel):
    """Base of the class `Settings` of a role: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def settings_model(role: Role) -> type[RoleSettings] | None:
    """Return the class `Settings` of a role, or None if the role takes no settings.

    Raise `FleetError` if `Settings` has another base than `RoleSettings`.
    """
    model = getattr(role, "Settings", None)
    if model is None or (isinstance(model, type) and issubclass(model, RoleSettings)):
        return model
    raise FleetError(
        f"Settings of the role {role.__name__} has the wrong base: write "
        "`class Settings(RoleSettings)`, with RoleSettings of jetfleet.role.settings"
    )


def settings_on(spec: Spec, host: HostSpec, role: Role) -> RoleSettings | None:
    """Return the settings of a role on one host, or None if the role takes none.

    Each call returns a new object, with defaults for what the spec leaves out. Raise `SpecError`
    with every problem of these settings.
    """
    settings, problems = _read(spec, host, role)
    if problems:
        raise SpecError(problems)
    return settings


def check_of(
    roles: Sequence[Role], others: Iterable[Role] = ()
) -> Callable[[Spec], Iterator[Problem]]:
    """Return a check of the settings of all hosts, for a deploy that applies these roles.

    Without roles, as in an ad-hoc command of pyinfra, it finds nothing.

    Parameters
    ----------
    others:
        Roles of other deploys: their settings may be in the spec, and are not checked. They are
        asked for only if the spec has settings of a role that this deploy does not apply.

    """

    def check(spec: Spec) -> Iterator[Problem]:
        elsewhere: set[str] | None = None
        applied = {short_name(role) for role in roles}
        taking = sorted({short_name(role) for role in roles if settings_model(role)})
        for host in spec.hosts if roles else ():
            for role in roles:
                yield from _read(spec, host, role)[1]
            for name in host.roles.keys() - set(taking):
                if name not in applied:
                    if elsewhere is None:
                        elsewhere = {short_name(role) for role in others if settings_model(role)}
                    if name in elsewhere:
                        continue
                yield _unknown(spec, _path(host.name, name), taking, applied)

    return check


def _path(host: str, role: str) -> KeyPath:
    return ("hosts", host, "roles", role)


def _read(spec: Spec, host: HostSpec, role: Role) -> tuple[RoleSettings | None, list[Problem]]:
    """Return the settings of a role on one host, or the problems that they have."""
    model = settings_model(role)
    if model is None:
        return None, []
    path = _path(host.name, short_name(role))
    written = host.roles.get(short_name(role), {})
    try:
        # A copy for each host: what a role does to its settings changes no other host's.
        return model.model_validate(thaw(written)), []
    except ValidationError as error:
        value = value_at(spec.places, path, written)
        # What is written and missing here has the wrong form, which is a problem by itself.
        return None, [
            translate(detail, model, value)
            for detail in error.errors(include_url=False)
            if not (detail["type"] == "missing" and spec.places.has((*path, *detail["loc"])))
        ]
    except Exception as error:
        # A validator of the role itself failed.
        raise FleetError(
            f"{host.name}: Settings of the role {short_name(role)} cannot be read: {error!r}"
        ) from error


def _unknown(spec: Spec, path: KeyPath, taking: Sequence[str], applied: set[str]) -> Problem:
    """Return the problem of a section whose role takes no settings, or is not applied."""
    name = str(path[-1])
    why = "takes no settings" if name in applied else "the deploy does not apply"
    expected = f"one of {', '.join(taking)}" if taking else "none: no role takes settings"
    written = spec.places.written(path)
    found = f"settings of the role {name}, which {why}"
    return Problem(written.place, written.key, found, expected, did_you_mean(name, taking))
