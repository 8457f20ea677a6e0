"""A fleet: the hosts of one spec, and what the roles of a run want on each of them."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from functools import cached_property, partial, reduce
from operator import or_
from threading import Lock as Mutex
from typing import TYPE_CHECKING, Any

from jetfleet import template
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import DEPLOY
from jetfleet.fleet.desired import Desired, desired, required_by
from jetfleet.fleet.desired_state import DesiredState
from jetfleet.hubs.registry import hub_of
from jetfleet.lock import LockReader
from jetfleet.lock.file import load_lock
from jetfleet.redaction import HIDDEN
from jetfleet.role.role import Role, templates_of
from jetfleet.role.role_input import OWN_FILES, SEED_PORT, RoleInput
from jetfleet.role.settings import check_of, settings_on
from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.load import at_points
from jetfleet.spec.secret import unreadable
from jetfleet.spec.text import bytes_of
from jetfleet.steps import LinkResolver, Links
from jetfleet.validate import load_checked, memory_at_start
from jetfleet.workstation.reveal import Unrevealed
from jetfleet.workstation.workstation import Workstation, commit_of, lock_path, workstation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from jetfleet.bundle.bundles import Bundles
    from jetfleet.lock import Lock
    from jetfleet.lock.requirements import Requirements
    from jetfleet.resources import Resource
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec
    from jetfleet.spec.secret import SecretRef

_LINKS_SECONDS = 60


def _names(roles: Sequence[Role], deploy: str) -> tuple[str, ...]:
    return deploy, *(role.__name__ for role in roles)


def _shares_images(host: HostSpec) -> bool:
    return host.docker is not None and host.docker.seed


class Fleet:
    """A validated spec with its lock and the workstation's side of it.

    `commit` is that of the spec's repository; left out, git is asked when a role wants it.
    """

    def __init__(
        self,
        spec: Spec,
        lock: Lock,
        workstation: Workstation,
        commit: str | None = None,
        roles: Sequence[Role] = (),
    ) -> None:
        self.spec = spec
        self.commit = commit
        self.lock = lock
        self.workstation = workstation
        self.roles = roles
        self.warnings: Sequence[str] = ()
        self._wanted: dict[tuple[str, ...], DesiredState] = {}
        # pyinfra deploys to all hosts at once: what one of them makes, the others wait for.
        self._making = Mutex()

    @classmethod
    def load(
        cls, path: Path, roles: Sequence[Role], others: Iterable[Role] = (), deploy: str = ""
    ) -> Fleet:
        """Return the fleet of a spec file, to which a deploy applies these roles.

        Parameters
        ----------
        others:
            Roles of other deploys, whose settings the spec may have too.
        deploy:
            File of the deploy if it applies the roles now: what they want is kept for `wanted`.

        Raises
        ------
        FleetError
            The spec is wrong, or its lock lacks something that the roles need; or the pinned host
            keys cannot be read.

        """
        lock = load_lock(lock_path(path))
        spec, warnings = load_checked(path, lock, check_of(roles, others))
        fleet = cls(spec, lock, workstation_of(path, spec.hubs), roles=roles)
        fleet.warnings = warnings
        fleet.check_lock(path, fleet._required_by_deploy(deploy) if deploy else None)
        fleet.workstation.pinned()
        return fleet

    def include(self, roles: Sequence[Role]) -> None:
        """Check the lock for roles too that were not known when the fleet was loaded."""
        with self._making:
            known = {role.__name__ for role in self.roles}
            new = [role for role in roles if role.__name__ not in known]
            if new:
                self.roles = (*self.roles, *new)
                self.check_lock(self.spec.path)

    def check_lock(self, path: Path, required: Requirements | None = None) -> None:
        """Raise `FleetError` that names each entry in which spec and lock disagree.

        `required` is what the roles need, if that is known already.
        """
        wrong = self.not_locked(required)
        if wrong:
            listed = "\n".join(f"  {line}" for line in wrong)
            raise FleetError(
                f"{path} and {lock_path(path).name} disagree:\n{listed}\n"
                f"Run `jetfleet lock {path}` and commit the lock."
            )

    def not_locked(self, required: Requirements | None = None) -> list[str]:
        """Return a line for each image and model that the roles need and the lock does not have.

        `required` is what they need, if that is known already.
        """
        gaps = [*(required or self.required()).gaps(self.lock, self.spec.models)]
        wrong = (line for host in self.spec.hosts for line in self._without_weights(host))
        return list(dict.fromkeys((*gaps, *wrong, *self._without_blobs())))

    def _without_blobs(self) -> Iterator[str]:
        """Yield a sentence for each locked image of which a seed would not know the layers."""
        if any(map(_shares_images, self.spec.hosts)):
            for name, image in self.lock.images.items():
                if image.blobs is None:
                    yield f"the layers of the image {name} are not locked, and a host serves images"

    def _without_weights(self, host: HostSpec) -> Iterator[str]:
        """Yield a sentence for each locked model that its service could not load."""
        for service in host.services:
            for name in service.model_names:
                if name in self.lock.models:
                    yield from runtime_of(service).check_locked(service, self.lock.models[name])

    def wanted(self, roles: Sequence[Role], deploy: str = DEPLOY.name) -> DesiredState:
        """Return what these roles want on each host; made once for the same roles.

        `deploy` is the file of the deploy that applies them; see `RoleInput.deploy`.
        """
        names = _names(roles, deploy)
        with self._making:
            if names not in self._wanted:
                found = self._desired_by(roles, deploy)
                if any(one.failed for one in found.values()):
                    raise FleetError("\n".join(self.not_locked()))
                self._wanted[names] = self._state(roles, found)
            return self._wanted[names]

    def _desired_by(self, roles: Sequence[Role], deploy: str) -> Mapping[str, Desired]:
        return {
            host.name: self.desired(host.name, roles, deploy=deploy) for host in self.spec.hosts
        }

    def _state(self, roles: Sequence[Role], found: Mapping[str, Desired]) -> DesiredState:
        by_role = {
            role.__name__: {host: one.by_role[role.__name__] for host, one in found.items()}
            for role in roles
        }
        return DesiredState(self.spec, self.resolver_of, by_role)

    def _required_by_deploy(self, deploy: str) -> Requirements:
        """Return the same as `required`, and keep what the roles want for `wanted`.

        So the roles run once for each host. Roles of the fleet's own folder are imported again
        when pyinfra executes the deploy: what they want is not kept.
        """
        if not all(role.__name__.startswith("jetfleet.") for role in self.roles):
            return self.required()
        found = self._desired_by(self.roles, deploy)
        if not any(one.failed for one in found.values()):
            self._wanted[_names(self.roles, deploy)] = self._state(self.roles, found)
        here = required_by((host, one.lock) for host, one in found.items())
        return reduce(or_, self._required_by_points(), here)

    def required(self) -> Requirements:
        """Return the images and models that the roles need on all hosts; no secret is read.

        What the points of a sweep need is part of it.
        """
        return reduce(or_, self._required_by_points(), self._required_by(self.spec))

    def _required_by_points(self) -> Iterator[Requirements]:
        yield from (self._required_by(point) for point, _ in at_points(self.spec))

    def _required_by(self, spec: Spec) -> Requirements:
        # No commit needs a lock: git is not asked for one.
        fleet = Fleet(spec, self.lock, self.workstation, "", self.roles)
        names = [host.name for host in spec.hosts]
        return required_by(
            (name, fleet.desired(name, self.roles, lambda _: HIDDEN).lock) for name in names
        )

    def role_input(
        self,
        host: str,
        lock: LockReader | None = None,
        reveal: Callable[[SecretRef], str] | None = None,
    ) -> RoleInput:
        """Return the input of the first role for a host.

        Parameters
        ----------
        lock:
            Notes which entries are read; left out, nobody asks for that.
        reveal:
            Returns the value of a secret; left out, the workstation does, and of one that it
            cannot read what `jetfleet.spec.secret.unreadable` returns.

        """
        return RoleInput(
            host=self.spec.host(host),
            models=self.spec.models,
            lock=lock or LockReader(self.lock, self.spec.models),
            reveal=reveal or self._reveal,
            templates=template.ROOT,
            seeds=self._seeds[host],
            image_seeds=self._image_seeds(host),
            share=self._share,
            commit=self.known_commit,
            own_files=self.spec.path.parent / OWN_FILES,
            login_key=partial(self._login_key, host, review=reveal is not None),
            memory=partial(memory_at_start, self.spec, self.lock, host),
        )

    def _login_key(self, host: str, *, review: bool) -> str:
        """Return the public key that logs in on a host, or what stands for one that is missing."""
        if review:
            return HIDDEN
        # paramiko and pyinfra with it, which only the first contact with a board needs here.
        from jetfleet.workstation.own_keys import public_key  # noqa: PLC0415

        try:
            return public_key(str(self.workstation.key or self.spec.host(host).ssh.key or ""))
        except FleetError as error:
            # Another host may have one.
            return unreadable(str(error))

    def _reveal(self, reference: SecretRef) -> str:
        """Return a secret's value, or what stands for one that cannot be read."""
        try:
            return self.workstation.reveal(reference)
        except Unrevealed as error:
            # A plan needs no secret, and another host may need none: who writes the file is
            # refused.
            return unreadable(str(error))

    def desired(
        self,
        host: str,
        roles: Sequence[Role],
        reveal: Callable[[SecretRef], str] | None = None,
        deploy: str = DEPLOY.name,
    ) -> Desired:
        """Return what each role wants on a host; see `role_input` and `wanted`."""
        lock = LockReader(self.lock, self.spec.models)
        first = replace(self.role_input(host, lock, reveal), deploy=deploy)

        def inputs(role: Role, so_far: Sequence[Resource[Any]]) -> RoleInput:
            settings = settings_on(self.spec, first.host, role)
            templates = templates_of(role)
            return replace(first, templates=templates, so_far=so_far, settings=settings)

        return desired(host, roles, lock, inputs)

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

    @cached_property
    def _share(self) -> int:
        """The bytes a second of each host that `limits.rate` leaves it; 0 without that limit.

        Hosts that have seeds ask the internet after them, and do not count for `limits.internet`.
        """
        limits, count = self.spec.limits, len(self.spec.hosts)
        seeds = any(host.models.seed for host in self.spec.hosts) or self._image_hosts
        at_once = count if seeds else min(limits.internet or count, count)
        rate = bytes_of(limits.rate or "")
        return max(rate // max(at_once, 1), 1) if rate else 0

    def _image_seeds(self, name: str) -> tuple[str, ...]:
        """Return the base URLs of the hosts in its groups that serve images to a host."""
        host = self.spec.host(name)
        if _shares_images(host):
            return ()
        return tuple(
            f"http://{self._address(seed)}:{SEED_PORT}"
            for seed in self._image_hosts
            if set(seed.groups) & set(host.groups)
        )

    @cached_property
    def _image_hosts(self) -> Sequence[HostSpec]:
        return [host for host in self.spec.hosts if _shares_images(host)]

    def _address(self, host: HostSpec) -> str:
        login = self.workstation.hosts.get(host.name)
        return login.address if login else host.address

    @cached_property
    def known_commit(self) -> str:
        """The commit of the spec's repository; empty outside of one."""
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
                    found = self._links(model, paths)
                    known[key] = (time.monotonic(), found)
                return found

        return LinkResolver(links, self.workstation.pull_password)

    def _links(self, model: str, paths: Sequence[str]) -> Links:
        """Return the links of a model, or of the blobs of an image by the name of their folder."""
        if model in self.spec.models:
            hub = hub_of(self.spec.models[model], self.workstation)
            return hub.links(self.lock.models[model], paths)
        digits = model.rpartition("-")[2]
        reference, image = next(
            (name, one)
            for name, one in self.lock.images.items()
            if one.digest.partition(":")[2].startswith(digits)
        )
        # A client for HTTPS takes long to import, and a run that changes nothing needs none.
        from jetfleet.hubs.resolve import image_links  # noqa: PLC0415

        return image_links(self.spec, reference, image, paths, self.workstation)

    def resolver_of(self, host: str) -> LinkResolver:
        """Return what changes of a host need from the workstation, or from its bundle."""
        offline = self.spec.host(host).offline
        if offline is None:
            return self.resolver
        return self._bundles.resolver(self.spec.host(host), offline)

    @cached_property
    def _bundles(self) -> Bundles:
        from jetfleet.bundle.bundles import Bundles  # noqa: PLC0415 - few hosts are offline

        return Bundles(self.lock, self.workstation.folder, self.spec.path)
