"""What a board says before a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.runtimes.benchmark import Benchmark
    from jetfleet.status.reading import Readings


@dataclass(frozen=True)
class About:
    """Readings of the board, and the service's container: image, digest, mounts inside."""

    readings: Readings
    image: str
    digest: str
    mounts: Mapping[str, str]

    def check(self, benchmark: Benchmark) -> None:
        """Raise `Refused` if the container runs another model than the spec says."""
        if not benchmark.folder:
            return
        mounted = self.mounts.get(benchmark.tokenizer)
        if mounted != benchmark.folder:
            raise Refused(
                f"{benchmark.service} runs with {mounted or 'no model'} and the spec says "
                f"{benchmark.folder}: apply the spec first, or the figures would be of another "
                "model"
            )
