"""A fleet: the hosts of one spec, and what the roles of a run want on each of them."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import cached_property
from threading import Lock as Mutex
from typing import TYPE_CHECKING, Any, Protocol

from jetfleet.errors import FleetError
from jetfleet.gguf import candidates
from jetfleet.hub import hub_of
from jetfleet.images import images_of
from jetfleet.lock.file import load_lock
from jetfleet.resources import KINDS, Resource, Resources
from jetfleet.role_input import SEED_PORT, RoleInput
from jetfleet.steps import LinkResolver, Links
from jetfleet.validate import load_checked
from jetfleet.workstation import Workstation, commit_of, lock_path, workstation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from jetfleet.lock import Lock
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec


_LINKS_SECONDS = 60


class Role(Protocol):
    """A role's module: its name, and what it wants on a host."""

    __name__: str

    def desired(self, inputs: RoleInput) -> list[Resource[Any]]:
        """Return the role's resources on one host; a pure function."""


class Fleet:
    """A validated spec with its lock and the workstation's side of it.

    `commit` is that of the spec's repository; left out, git is asked when a role wants it.
    """

    def __init__(
        self, spec: Spec, lock: Lock, workstation: Workstation, commit: str | None = None
    ) -> None:
        self.spec = spec
        self.commit = commit
        self.lock = lock
        self.workstation = workstation
        self.warnings: Sequence[str] = ()
        self.gaps: Sequence[str] = ()
        """What the lock lacks and a review stands in for; a run has none."""
        self._wanted: dict[tuple[str, ...], DesiredState] = {}
        # pyinfra deploys to all hosts at once: what one of them makes, the others wait for.
        self._making = Mutex()

    @classmethod
    def load(cls, path: Path) -> Fleet:
        """Return the fleet of a spec file.

        Raises
        ------
        FleetError
            The spec is wrong, or says something else than its lock; or the pinned host keys
            cannot be read.

        """
        lock = load_lock(lock_path(path))
        spec, warnings = load_checked(path, lock)
        fleet = cls(spec, lock, workstation_of(path))
        fleet.warnings = warnings
        fleet.check_lock(path)
        fleet.workstation.pinned()
        return fleet

    def check_lock(self, path: Path) -> None:
        """Raise `FleetError` that names each entry in which spec and lock disagree."""
        wrong = self.not_locked()
        if wrong:
            listed = "\n".join(f"  {line}" for line in wrong)
            raise FleetError(
                f"{path} and {lock_path(path).name} disagree:\n{listed}\n"
                f"Run `jetfleet lock {path}` and commit the lock."
            )

    def not_locked(self) -> list[str]:
        """Return a line for each image and model that the lock lacks or has as something else."""
        wrong = []
        for host in self.spec.hosts:
            references = (image.ref.full for image in images_of(host))
            wrong += [
                f"the image {reference} of {host.name} is not locked"
                for reference in references
                if reference not in self.lock.images
            ]
            for name in host.locked_models:
                locked = self.lock.models.get(name)
                if locked is None:
                    wrong.append(f"the model {name} is not locked")
                elif not locked.answers(self.spec.models[name]):
                    wrong.append(f"the model {name} is locked as other files or from elsewhere")
            wrong += self._without_weights(host)
        return list(dict.fromkeys(wrong))

    def _without_weights(self, host: HostSpec) -> Iterator[str]:
        """Yield a sentence for each model of which llama.cpp would not know what to load."""
        for service in host.services:
            locked = self.lock.models.get(service.model or "")
            if service.runtime != "llama.cpp" or locked is None:
                continue
            found = candidates(file.path for file in locked.files)
            if len(found) != 1:
                have = ", ".join(found) or "none"
                yield (
                    f"the model {service.model} has not one GGUF file for {service.name} but "
                    f"{len(found)} ({have}): choose one with `include` under the model"
                )

    def wanted(self, roles: Sequence[Role]) -> DesiredState:
        """Return what these roles want on each host; made once for the same roles."""
        names = tuple(role.__name__ for role in roles)
        with self._making:
            if names not in self._wanted:
                self._wanted[names] = DesiredState(self, roles)
            return self._wanted[names]

    def role_input(self, host: str, so_far: Sequence[Resource[Any]] = ()) -> RoleInput:
        """Return what a role is given for a host, after the roles that want ``so_far``."""
        return RoleInput(
            host=self.spec.host(host),
            models=self.spec.models,
            lock=self.lock,
            reveal=self.workstation.reveal,
            seeds=self._seeds[host],
            so_far=so_far,
            commit=self._commit,
        )

    def desired(self, host: str, roles: Sequence[Role]) -> dict[str, Resources]:
        """Return what each role wants on a host, by the role's name."""
        by_role: dict[str, Resources] = {}
        so_far: Resources = []
        for role in roles:
            by_role[role.__name__] = role.desired(self.role_input(host, tuple(so_far)))
            so_far += by_role[role.__name__]
        return by_role

    @cached_property
    def _seeds(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """For each host, the base URLs of the seeds in its groups, by model."""
        seeds = [host for host in self.spec.hosts if host.models.seed]
        return {
            host.name: {
                model: tuple(
                    f"http://{self._address(seed)}:{SEED_PORT}"
                    for seed in seeds
                    if seed.name != host.name
                    and model in seed.model_names
                    and set(seed.groups) & set(host.groups)
                )
                for model in host.model_names
                if not host.models.seed
            }
            for host in self.spec.hosts
        }

    def _address(self, host: HostSpec) -> str:
        login = self.workstation.hosts.get(host.name)
        return login.address if login else host.address

    @cached_property
    def _commit(self) -> str:
        return commit_of(self.spec.path) if self.commit is None else self.commit

    @cached_property
    def resolver(self) -> LinkResolver:
        """What changes need from the workstation."""
        known: dict[tuple[str, ...], tuple[float, Links]] = {}
        asking: defaultdict[tuple[str, ...], Mutex] = defaultdict(Mutex)

        def links(model: str, paths: Sequence[str], fresh: bool) -> Links:  # noqa: FBT001
            # Boards that are given the same model at the same time share one question to its hub.
            key = (model, *paths)
            with asking[key]:
                made, found = known.get(key, (0.0, Links({})))
                if fresh or time.monotonic() - made > _LINKS_SECONDS or key not in known:
                    hub = hub_of(self.spec.models[model], self.workstation)
                    found = hub.links(self.lock.models[model], paths)
                    known[key] = (time.monotonic(), found)
                return found

        return LinkResolver(links)


class DesiredState:
    """The resources of some roles on every host, and the rows that they make in a plan."""

    def __init__(self, fleet: Fleet, roles: Sequence[Role]) -> None:
        self.fleet = fleet
        self._by_role: dict[str, dict[str, Resources]] = {role.__name__: {} for role in roles}
        for host in fleet.spec.hosts:
            for role, wanted in fleet.desired(host.name, roles).items():
                self._by_role[role][host.name] = wanted

    def resources(self, host: str) -> dict[str, Resource[Any]]:
        """Return all resources of a host by key."""
        return {r.key: r for hosts in self._by_role.values() for r in hosts[host]}

    def role_of(self, host: str, key: str) -> str:
        """Return the role that wants a resource, as a plan's rows name it."""
        names = (n for n, hosts in self._by_role.items() if any(r.key == key for r in hosts[host]))
        return next(names, "").rpartition(".")[2]

    def rows(self, role: Role, hosts: AbstractSet[str]) -> list[Resource[Any]]:
        """Return one resource for each key that any of the hosts has in a role, in order.

        A row stands for the resources of the same key on all hosts; its title is theirs.
        """
        by_host = self._by_role[role.__name__]
        union = {r.key: r for name in sorted(hosts) for r in by_host.get(name, ())}
        return sorted(union.values(), key=lambda r: (KINDS.index(type(r)), r.key))
