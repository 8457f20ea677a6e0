"""SGLang as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Ready
from jetfleet.runtimes.asked import Values, asks
from jetfleet.runtimes.base import FOLDERS, Runtime
from jetfleet.runtimes.benchmark import Cache, Clients
from jetfleet.runtimes.loaded import with_loaded
from jetfleet.runtimes.pictures import PictureOptions, takes_pictures
from jetfleet.runtimes.sglang.checks import check
from jetfleet.runtimes.sglang.container import container, served_as
from jetfleet.runtimes.sglang.memory import FRACTION, OVERHEAD, sglang_need
from jetfleet.runtimes.sglang.spec import KEY, SglangService
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.containers import Program
    from jetfleet.memory.need import Need
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.problem import Problem


_LOADED = frozenset(
    {"lora-paths", "speculative-draft-model", "speculative-draft-model-path", "uno-lora-path"}
)
_EMBEDS: Values = {"is-embedding": (True,)}
_PICTURES = PictureOptions(
    limit="limit-mm-data-per-request", off=frozenset({"language-model-only", "language-only"})
)


class Sglang(Runtime[SglangService]):
    """`python3 -m sglang.launch_server` on a locked model."""

    name = "sglang"
    title = "SGLang"
    service = SglangService
    protocol = "openai"
    speaks_openai = True
    sources = FOLDERS
    executable = ("python3", "-m", "sglang.launch_server")
    call = Call(
        "sglang",
        words=("sglang", "serve"),
        modules=("sglang.launch_server",),
    )
    loaded_options = _LOADED
    model_options = _LOADED | {"kt-weight-path", "tokenizer-path"}
    key_variable = KEY
    abbreviates = (
        True  # argparse does: https://docs.python.org/3/library/argparse.html#prefix-matching
    )
    context_options = ("context-length",)
    share_option = FRACTION
    overhead = OVERHEAD
    # With --enable-metrics alone. A counter has no series before its first request; those of
    # requests are split by whether they stream, and with priorities a total stands beside its
    # parts, so that a sum of gauges is too high, but 0 only if nothing runs or waits.
    # https://docs.sglang.ai/references/production_metrics.html
    # https://github.com/sgl-project/sglang/blob/016d8605e45876180312e29d6988e1de06562472/python/sglang/srt/observability/metrics_collector.py
    cache = Cache("/flush_cache", ("sglang:cached_tokens_total",))
    clients = Clients(
        ("sglang:num_running_reqs", "sglang:num_queue_reqs"), ("sglang:num_requests_total",)
    )
    load_body = FrozenDict(ignore_eos=True)

    def program(self, inputs: RoleInput, service: SglangService) -> Program:
        """Return the container."""
        image, known = inputs.image_of(service)
        table = self.tables.of(self.engine(known))
        return container(inputs, service, image, table, self.called(known))

    def ready(self, inputs: RoleInput, service: SglangService) -> Ready:
        """Return that it generates, lists its model and answers a chat.

        Its port is closed while it loads; then `/health_generate` is 503 until a token came.
        """
        return Ready(
            kind=self.protocol,
            health="/health_generate",
            models=(self.model_id(inputs.models, service),),
            vision=takes_pictures(inputs, service.model or "", service.flags, _PICTURES),
            key=self.key_name(service),
            asks=asks(service.flags, _EMBEDS, {}),
        )

    def model_id(self, models: Mapping[str, ModelSpec], service: SglangService) -> str:
        """Return `served_name`, else the folder of the model in the container."""
        del models
        return served_as(service)

    def memory(self, subject: Subject, service: SglangService) -> Need:
        """Return its fraction of the memory that is free at its start."""
        engine = self.engine(subject.image(service))
        weights = subject.weights(service.model)
        weights = with_loaded(subject, weights, service.flags, _LOADED)
        return sglang_need(service.name, service.flags, subject.memory, weights, engine)

    def check_on_board(self, subject: Subject, service: SglangService) -> Iterator[Problem]:
        """Yield problems of values that the parser takes and the server refuses."""
        for group in self.option_groups(service):
            yield from check(subject, service, group, self.engine(subject.image(service)))


RUNTIME = Sglang()
