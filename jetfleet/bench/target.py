"""What a benchmark loads: a vLLM service of a host, as the spec has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.bench.load import Load
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

INSIDE = "/tmp/jetfleet-bench"  # noqa: S108 - in the container, which nobody shares
"""Where results come about inside the container."""


@dataclass(frozen=True)
class About:
    """What the board says before a benchmark, and the container: image, digest, mounts inside."""

    readings: Mapping[str, Any]
    image: str
    digest: str
    mounts: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """A service to load.

    Parameters
    ----------
    executable:
        vLLM's command in the image.
    url:
        Its base address on the board.
    model, tokenizer:
        The id that it serves, and the folder of the model inside.
    folder:
        The model's folder on the board, which the container must have mounted.
    context:
        Tokens that one request may have; None if the spec leaves it to the model.

    """

    service: str
    executable: tuple[str, ...]
    url: str
    model: str
    tokenizer: str
    folder: str
    context: int | None = None
    trust_remote_code: bool = False

    @property
    def unit(self) -> str:
        """Name of the transient unit."""
        return f"jetfleet-bench-{self.service}"

    def command(self, load: Load) -> list[str]:
        """Return the command inside the container."""
        return [
            *self.executable, "bench", "serve",
            "--base-url", self.url, "--model", self.model, "--tokenizer", self.tokenizer,
            *(["--trust-remote-code"] if self.trust_remote_code else []),
            *load.options,
            "--disable-tqdm", "--save-result",
            "--result-dir", INSIDE, "--result-filename", f"{load.name}.json",
        ]  # fmt: skip

    def fitting(self, loads: Sequence[Load]) -> tuple[Load, ...]:
        """Return the loads whose requests the service can hold."""
        return tuple(one for one in loads if self.context is None or one.context <= self.context)

    def check(self, about: About) -> None:
        """Raise `Refused` if the container runs another model than the spec says."""
        mounted = about.mounts.get(self.tokenizer)
        if mounted != self.folder:
            raise Refused(
                f"{self.service} runs with {mounted or 'no model'} and the spec says "
                f"{self.folder}: apply the spec first, or the figures would be of another model"
            )


def target_of(inputs: RoleInput, service: Service) -> Target:
    """Return the target that a service of the spec is."""
    _, known = inputs.image_of(service)
    model = inputs.model(service.model or "")
    inside = f"/models/{model.name}"
    host = "127.0.0.1" if service.host in {"0.0.0.0", "::"} else service.host  # noqa: S104
    flags = {name.replace("_", "-"): value for name, value in service.flags.items()}
    length = flags.get("max-model-len")
    return Target(
        service=service.name,
        executable=tuple(known.executable),
        url=f"http://{host}:{service.tcp_port}",
        model=service.served_name or inside,
        tokenizer=inside,
        folder=model.folder,
        context=length if isinstance(length, int) else None,
        trust_remote_code=flags.get("trust-remote-code") is True,
    )
