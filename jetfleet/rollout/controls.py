"""Which hosts are measured beside those of a wave, although they are not changed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State


def controls_of(
    state: State, rollout: Rollout, number: int, hosts: Sequence[str]
) -> tuple[str, ...]:
    """Return the controls that go with hosts of a wave.

    Those of a class go with the first host of the wave that has it, so that they are measured once,
    however many tasks the wave has. They are of its site, and of the last waves: bytes of the next
    one are being brought ahead.
    """
    wave = state.waves[number]
    most = max(
        (int(gate.settings.get("control", 2)) for gate in wave.gates if gate.measured), default=0
    )
    first: dict[str, str] = {}
    for name in wave.hosts:
        first.setdefault(rollout.hosts[name].of_class, name)
    found: list[str] = []
    for name in first.values():
        if name in hosts:
            found += list(_unchanged(state, rollout, number, name))[:most]
    return tuple(found)


def _unchanged(state: State, rollout: Rollout, number: int, like: str) -> Iterator[str]:
    """Yield hosts of later waves with the class and site of a host."""
    wanted = rollout.hosts[like]
    for wave in reversed(state.waves[number + 1 :]):
        for name in reversed(wave.hosts):
            one, host = rollout.hosts[name], state.hosts[name]
            alike = (one.of_class, one.site) == (wanted.of_class, wanted.site)
            if alike and not host.outcome and not host.attempt:
                yield name
