"""`vllm bench serve`, vLLM's own benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.runtimes.benchmark import INSIDE, Benchmark

if TYPE_CHECKING:
    from jetfleet.runtimes.benchmark import Load


@dataclass(frozen=True)
class VllmBenchmark(Benchmark):
    """`vllm bench serve` with the options of source 003."""

    program = "vllm bench serve"
    missing = "the image has no `vllm bench serve`: name a newer one, that of vLLM 0.9.2 has it"

    @property
    def probe(self) -> tuple[str, ...]:
        """Command in the container that succeeds if the image has the program."""
        return (*self.executable, "bench", "serve", "--help")

    def command(self, load: Load) -> list[str]:
        """Return the command in the container."""
        at_once = () if load.at_once is None else ("--max-concurrency", str(load.at_once))
        return [
            *self.executable, "bench", "serve",
            "--base-url", self.url, "--model", self.model, "--tokenizer", self.tokenizer,
            *(["--trust-remote-code"] if self.trust_remote_code else []),
            "--dataset-name", "random",
            "--random-input-len", str(load.input),
            "--random-output-len", str(load.output),
            "--num-prompts", str(load.prompts),
            *at_once,
            "--disable-tqdm", "--save-result",
            "--result-dir", INSIDE, "--result-filename", f"{load.name}.json",
        ]  # fmt: skip
