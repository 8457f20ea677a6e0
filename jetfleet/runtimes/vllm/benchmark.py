"""`vllm bench serve`, vLLM's own benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.runtimes.benchmark import INSIDE, Benchmark, Cache, Clients

if TYPE_CHECKING:
    from jetfleet.runtimes.benchmark import Load

# The reset is a path of a server in development mode; elsewhere the hits are counted.
# https://docs.vllm.ai/en/stable/usage/metrics/
CACHE = Cache(
    "/reset_prefix_cache",
    ("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
)

# Each counter of prometheus_client ends with _total, and requests are split by why they ended.
# https://github.com/vllm-project/vllm/blob/main/vllm/v1/metrics/loggers.py
CLIENTS = Clients(
    ("vllm:num_requests_running", "vllm:num_requests_waiting"), ("vllm:request_success_total",)
)


@dataclass(frozen=True)
class VllmBenchmark(Benchmark):
    """`vllm bench serve` with random prompts.

    Parameters
    ----------
    executable:
        The server's command in the image.

    """

    executable: tuple[str, ...] = ("vllm",)
    trust_remote_code: bool = False

    program = "vllm bench serve"
    # It sends its first prompt once before it begins to measure.
    # https://github.com/vllm-project/vllm/blob/main/vllm/benchmarks/serve.py
    repeated = 1

    @property
    def probe(self) -> tuple[str, ...]:
        """Command in the container that succeeds if the image has the program."""
        return (*self.executable, "bench", "serve", "--help")

    @property
    def missing(self) -> str:
        """Sentence for an image without the program."""
        return "the image has no `vllm bench serve`: name a newer one, that of vLLM 0.9.2 has it"

    def command(self, load: Load, seed: int, prompts: int) -> list[str]:
        """Return the command in the container.

        Each answer has its full length: an early end would make a run shorter than another.
        """
        at_once = () if load.at_once is None else ("--max-concurrency", str(load.at_once))
        rate = () if load.rate is None else ("--request-rate", f"{load.rate:g}")
        return [
            *self.executable, "bench", "serve",
            "--base-url", self.url, "--model", self.model, "--tokenizer", self.tokenizer,
            *(["--trust-remote-code"] if self.trust_remote_code else []),
            "--dataset-name", "random",
            "--random-input-len", str(load.input),
            "--random-output-len", str(load.output),
            "--num-prompts", str(prompts),
            *at_once, *rate,
            "--seed", str(seed), "--ignore-eos",
            "--disable-tqdm", "--save-result",
            "--result-dir", INSIDE, "--result-filename", "result.json",
        ]  # fmt: skip
