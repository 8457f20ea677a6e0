"""Options of a spec as words of the servers' command lines, and what those servers read in them."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.containers.arguments import arguments
from jetfleet.runtimes.vllm.container import config
from jetfleet.runtimes.vllm.spec import VllmService
from jetfleet.spec.options import plain_option
from tests.support.options import option_table
from twins.standins.servers.llamacpp import options as llamacpp
from twins.standins.servers.triton import options as triton
from twins.standins.servers.trtllm import options as trtllm


def normal(flags: dict[str, Any]) -> dict[str, Any]:
    """Options as a loaded spec has them."""
    return {plain_option(name): value for name, value in flags.items()}


@pytest.mark.parametrize(
    ("flags", "words", "read"),
    [
        ({"ctx-size": 4096}, ["--ctx-size", "4096"], {"ctx-size": 4096}),
        ({"ctx_size": 4096}, ["--ctx-size", "4096"], {"ctx-size": 4096}),
        ({"c": 4096, "ngl": 99}, ["-c", "4096", "-ngl", "99"], {"gpu-layers": "99"}),
        ({"temp": 0.7}, ["--temp", "0.7"], {"temp": 0.7}),
        ({"jinja": True, "mmap": False}, ["--jinja", "--no-mmap"], {"jinja": True, "mmap": False}),
        ({"no-mmap": True}, ["--no-mmap"], {"mmap": False}),
        ({"no_mmap": False}, ["--mmap"], {"mmap": True}),
        ({"kvu": False, "cb": False}, ["-nocb", "-no-kvu"], {"kv-unified": False}),
        ({"metrics": False, "mlock": False}, [], {}),
        ({"lora": ["/a", "/b,c"]}, ["--lora", '/a,"/b,c"'], {"lora": ["/a", "/b,c"]}),
        ({"lora": "/a"}, ["--lora", "/a"], {"lora": ["/a"]}),
        ({"ts": [3, 1]}, ["-ts", "3,1"], {"tensor-split": ["3", "1"]}),
        (
            {"chat-template-kwargs": {"enable_thinking": False}},
            ["--chat-template-kwargs", '{"enable_thinking": false}'],
            {"chat-template-kwargs": '{"enable_thinking": false}'},
        ),
        ({"chat-template": "{{ a }} 'b' é"}, ["--chat-template", "{{ a }} 'b' é"], {}),
    ],
)
def test_llama_cpp(flags: dict[str, Any], words: list[str], read: dict[str, Any]) -> None:
    assert arguments(option_table("llama.cpp"), normal(flags)) == words
    found = llamacpp.parse(words, {})
    assert {name: found[name] for name in read} == read


@pytest.mark.parametrize(
    ("flags", "words", "read"),
    [
        ({"max-seq-len": 4096}, ["--max_seq_len", "4096"], {"max_seq_len": 4096}),
        ({"tp_size": 1}, ["--tp_size", "1"], {"tensor_parallel_size": 1}),
        ({"enable-chunked-prefill": True}, ["--enable_chunked_prefill"], {}),
        ({"trust_remote_code": False}, [], {}),
        (
            {"media_io_kwargs": {"video": {"num_frames": -1}}},
            ["--media_io_kwargs", '{"video": {"num_frames": -1}}'],
            {"media_io_kwargs": {"video": {"num_frames": -1}}},
        ),
        (
            {"custom_module_dirs": ["/a", "/b"]},
            ["--custom_module_dirs", "/a", "--custom_module_dirs", "/b"],
            {"custom_module_dirs": ["/a", "/b"]},
        ),
    ],
)
def test_trtllm(flags: dict[str, Any], words: list[str], read: dict[str, Any]) -> None:
    assert arguments(option_table("trtllm"), normal(flags), underscores=True) == words
    found = trtllm.whole(trtllm.parse(["/models/x", *words]))
    assert {name: found[name] for name in read} == read


@pytest.mark.parametrize(
    ("flags", "words", "read"),
    [
        ({"log_verbose": 1}, ["--log-verbose=1"], {"log-verbose": 1}),
        ({"log-info": False}, ["--log-info=false"], {"log-info": False}),
        ({"strict-readiness": True}, ["--strict-readiness=true"], {"strict-readiness": True}),
        ({"disable-auto-complete-config": True}, ["--disable-auto-complete-config"], {}),
        ({"disable-auto-complete-config": False}, [], {}),
        ({"metrics-interval-ms": 2.5}, ["--metrics-interval-ms=2.5"], {"metrics-interval-ms": 2.5}),
        (
            {"cache-config": ["local,size=1", "x,y=z"]},
            ["--cache-config=local,size=1", "--cache-config=x,y=z"],
            {"cache-config": ["local,size=1", "x,y=z"]},
        ),
        ({"future": False}, ["--future=false"], None),
    ],
)
def test_triton(flags: dict[str, Any], words: list[str], read: dict[str, Any] | None) -> None:
    assert arguments(option_table("triton"), normal(flags), joined=True) == words
    if read is not None:
        found = triton.parse(words)
        assert {name: found[name] for name in read} == read


def test_all_values_of_a_list_stand_behind_one_option_where_a_parser_wants_it() -> None:
    flags = {"sizes": [1, 2], "name": "x", "one": [3], "on": True}
    words = ["--name", "x", "--on", "--one", "3", "--sizes", "1", "2"]
    assert arguments(None, flags, at_once=True) == words


def test_an_option_that_nobody_knows_is_passed_on() -> None:
    flags = {"future": False, "later": True, "new": [1, 2]}
    words = ["--no-future", "--later", "--new", "1", "--new", "2"]
    assert arguments(option_table("llama.cpp"), normal(flags)) == words


@pytest.mark.parametrize(
    ("flag", "lines"),
    [
        ("cuda-graph-sizes: [1, 2]", ["cuda-graph-sizes:", "  - '1'", "  - '2'"]),
        ("allowed-origins: ['http://a', b]", ["""allowed-origins: '["http://a", "b"]'"""]),
        (
            "lora-modules: [{name: it's, path: /a}]",
            ["lora-modules:", """  - '{"name": "it''s", "path": "/a"}'"""],
        ),
        ("hf-overrides: {x: 0.5}", ["""hf-overrides: '{"x": 0.5}'"""]),
        ("enable_prefix_caching: false", ["no-enable-prefix-caching: true"]),
        ("enforce-eager: true", ["enforce-eager: true"]),
        ("gpu-memory-utilization: 0.65", ["gpu-memory-utilization: 0.65"]),
    ],
)
def test_vllm(flag: str, lines: list[str]) -> None:
    flags = YAML(typ="safe").load(flag)
    service = VllmService(name="llm", runtime="vllm", model="x", flags=flags)
    assert config(service, "0.11.0").splitlines()[1:] == lines
