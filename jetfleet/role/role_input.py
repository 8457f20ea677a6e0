"""The input of a role: one host's spec, and the fleet's lock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

from jetfleet.catalog.image_choice import image_of
from jetfleet.catalog.modules import Module, l4t_of, module
from jetfleet.errors import FleetError
from jetfleet.resources import Image, Model, ModelFile, Resource
from jetfleet.resources.model import ImageFiles
from jetfleet.spec.image_ref import ImageRef
from jetfleet.steps.registry_login import RegistryLogin
from jetfleet.template import render_from, render_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jetfleet.catalog.images import KnownImage
    from jetfleet.lock import LockedImage, LockReader
    from jetfleet.spec.model import HostSpec, ModelSpec, Service
    from jetfleet.spec.secret import SecretRef


OWN_FILES = "files"
"""Folder beside a spec with the templates of its `files` and `units`."""

SEED_PORT = 8470
"""Port on which a seed serves its models to the hosts of its groups."""


PROXY_VARIABLES = "/etc/jetfleet-proxy.env"
"""File on a board with the variables of its HTTP proxy: a line for each, without quotes."""


@dataclass(frozen=True)
class RoleInput:
    """The input of a role; the same input always gives the same resources.

    Parameters
    ----------
    models:
        All models of the spec by name.
    lock:
        Entries of images and models by name; reading one makes it required.
    reveal:
        Returns the value of a secret reference: ``***`` where a rendering is reviewed, and the
        stand-in of `jetfleet.spec.secret.unreadable` where the secret cannot be read.
    templates:
        The role's own folder of templates: ``templates/<role>``.
    seeds:
        Base URLs of the seeds that serve a model to this host, by the model's name.
    image_seeds:
        Base URLs of the hosts that serve images to this host.
    share:
        Bytes a second of the internet that this host may take; 0 is without limit.
    so_far:
        Resources of the roles before this one on this host.
    commit:
        Of the spec's repository, if it is in one.
    deploy:
        File of the deploy that applies the roles, such as ``llm.py``.
    settings:
        An object of the role's class `Settings` for this host; None for a role without one.
    own_files:
        The folder `OWN_FILES` beside the spec.
    login_key:
        Returns the line of authorized_keys for the key that logs in on the host, or the stand-in
        of `jetfleet.spec.secret.unreadable` where the workstation has none.
    memory:
        Returns the bytes that services need at their starts, by name, where an estimate is known.

    """

    host: HostSpec
    models: Mapping[str, ModelSpec]
    lock: LockReader
    reveal: Callable[[SecretRef], str]
    templates: Path
    seeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image_seeds: tuple[str, ...] = ()
    share: int = 0
    so_far: Sequence[Resource[Any]] = ()
    commit: str = ""
    deploy: str = ""
    settings: Any = None
    own_files: Path | None = None
    login_key: Callable[[], str] = str
    memory: Callable[[], Mapping[str, int]] = dict

    @property
    def module(self) -> Module:
        """The host's module in the catalog."""
        return module(self.host.module)

    @property
    def l4t(self) -> str:
        """The host's L4T release, such as ``36.4.3``."""
        return l4t_of(self.host)

    def render(self, path: str, **values: object) -> str:
        """Return the text of ``templates/<role>/<path>.j2``.

        Parameters
        ----------
        path:
            Absolute path on the board.
        values:
            Values of the template; one that is missing is an error.

        """
        try:
            return render_from(self.templates, path, **values)
        except TemplateError as error:
            raise FleetError(f"the template {self.templates}{path}.j2: {error!r}") from error

    def own(self, name: str) -> str:
        """Return the text of a template of the user's own, rendered for this host.

        Raise `FleetError` if it is not in the folder `OWN_FILES` beside the spec, or has an error.
        """
        folder = self.own_files or Path(OWN_FILES)
        try:
            return render_own(folder, name, host=self.host, module=self.module)
        except Exception as error:  # a template may fail in any way
            raise FleetError(
                f"the template {OWN_FILES}/{name} of {self.host.name} cannot be used: {error}"
            ) from error

    def image(self, reference: str | ImageRef) -> Image:
        """Return an image, such as ``quay.io/ORG/NAME:TAG``, with the digest that is locked."""
        ref = ImageRef.parse(reference) if isinstance(reference, str) else reference
        if str(ref) != str(reference):
            raise FleetError(f"the image {reference} of a role has no tag: write {reference}:TAG")
        locked = self.lock.image(ref.full)
        digest, size = (locked.digest, locked.size) if locked else (ref.digest, 0)
        login = self._login_at(ref.registry)
        found = Image(ref.name, ref.tag, digest, size, login=login)
        return replace(found, near=self._near(found, locked))

    def _near(self, image: Image, locked: LockedImage | None) -> ImageFiles | None:
        """Return what comes to the board before the engine pulls; None if it pulls by itself."""
        on, docker = self.host.models, self.host.docker
        is_seed = docker is not None and docker.seed
        brought = self.host.offline or is_seed or self.image_seeds or self.share
        if not image.digest or not brought:
            return None
        blobs = () if self.host.offline or locked is None else locked.blobs or ()
        return ImageFiles(
            name=image.blobs_name,
            revision=image.digest.partition(":")[2][:12],
            source=f"image:{image.id}",
            directory=on.dir,
            files=tuple(ModelFile(one.sha256, one.size, one.sha256) for one in blobs),
            max_rate=on.max_rate or "",
            share=0 if self.host.offline else self.share,
            seeds=() if self.host.offline else self.image_seeds,
            proxy=PROXY_VARIABLES if self.host.proxy else "",
            is_seed=is_seed and not self.host.offline,
            offline=self.host.offline is not None,
            image=image.id,
        )

    def _login_at(self, name: str) -> RegistryLogin | None:
        """Return the login of a registry that the host's spec has; None without one."""
        registry = self.host.registries.get(name)
        if registry is None or registry.password is None:
            return None
        return RegistryLogin(name, registry.user or "", registry.password)

    def image_of(self, service: Service) -> tuple[Image, KnownImage]:
        """Return the image of a service as a resource, and its entry in the catalog.

        The entry has the entrypoint that the lock has read in the image.
        """
        known = image_of(self.host, service)
        locked = self.lock.image(known.ref.full)
        entrypoint = locked.entrypoint if locked else None
        return self.image(known.ref), replace(known, entrypoint=entrypoint)

    def files_of(self, name: str) -> tuple[ModelFile, ...]:
        """Return the files of a model as they are locked."""
        files = self.lock.model(name).files
        return tuple(ModelFile(f.path, f.size, f.sha256) for f in files)

    def model(self, name: str) -> Model:
        """Return a model of the spec as a resource, as it is locked."""
        locked = self.lock.model(name)
        on, adopted = self.host.models, self.host.adopted
        storage = self.host.storage
        inside = storage is not None and on.dir.startswith(f"{storage.mount}/")
        return Model(
            name=name,
            revision=locked.revision,
            source=locked.source,
            directory=on.dir,
            files=self.files_of(name),
            mount=storage.mount if storage and inside else "",
            max_rate=on.max_rate or "",
            share=0 if self.host.offline else self.share,
            seeds=() if self.host.offline else self.seeds.get(name, ()),
            filled_by_hand=adopted.models.get(name, "") if adopted else self._on_board(name),
            proxy=PROXY_VARIABLES if self.host.proxy else "",
            is_seed=on.seed,
            offline=self.host.offline is not None,
        )

    def _on_board(self, model: str) -> str:
        """Return the folder of a model in a bundle that is on the board; empty without one."""
        offline = self.host.offline
        if offline is None or offline.on != "board":
            return ""
        return f"{offline.bundle}/models/{model}/{self.lock.model(model).revision}"
