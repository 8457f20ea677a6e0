from __future__ import annotations

import json
import shlex
from importlib import resources

import pytest

from twins.standins.servers.vllm import arguments, configfile, values
from twins.standins.servers.vllm.image import Image

_TABLES = resources.files("jetfleet").joinpath("runtimes/vllm/data/options")
_SMS = {"0.11.0": 87, "0.13.0": 110, "0.20.0": [87, 110], "0.33.0": 110}


def image(version: str) -> Image:
    table = json.loads(_TABLES.joinpath(f"{version}.json").read_text())
    return Image(version, _SMS[version], table["options"])


THOR = shlex.split(
    "serve /models/cosmos-reason2-2b --max-model-len 8192 --reasoning-parser qwen3 "
    """--gpu-memory-utilization 0.8 --media-io-kwargs '{"video": {"num_frames": -1}}'"""
)
NANO = shlex.split(
    "serve /models/cosmos-reason2-2b --host 0.0.0.0 --port 8000 --trust-remote-code "
    "--enforce-eager --max-model-len 256 --max-num-batched-tokens 256 "
    "--gpu-memory-utilization 0.65 --max-num-seqs 1 --enable-chunked-prefill "
    """--limit-mm-per-prompt '{"image":1,"video":1}' """
    """--mm-processor-kwargs '{"num_frames":2,"max_pixels":150528}'"""
)


@pytest.mark.parametrize("version", _SMS)
def test_the_lines_of_the_tutorial_are_accepted(version: str) -> None:
    model, options = arguments.parse(image(version), THOR)
    assert model == "/models/cosmos-reason2-2b"
    assert options == {
        "max-model-len": 8192,
        "reasoning-parser": "qwen3",
        "gpu-memory-utilization": 0.8,
        "media-io-kwargs": {"video": {"num_frames": -1}},
    }
    nano = arguments.parse(image(version), NANO)[1]
    assert nano["limit-mm-per-prompt"] == {"image": 1, "video": 1}
    assert nano["enforce-eager"] is True
    assert nano["mm-processor-kwargs"] == {"num_frames": 2, "max_pixels": 150528}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--VLLM_SKIP_WARMUP=true"], "unrecognized arguments: --VLLM"),
        (["--max-model-len", "long"], "invalid human_readable_int value: 'long'"),
        (["--max-num-seqs", "1.5"], "invalid int value: '1.5'"),
        (["--gpu-memory-utilization", "much"], "invalid float value: 'much'"),
        (["--block-size", "5"], "invalid choice: 5"),
        (["--limit-mm-per-prompt", "image=1"], "cannot be converted"),
        (["--mm-processor-kwargs", "{'a': 1}"], "cannot be converted"),
        (["--max", "5"], "ambiguous option: --max"),
        (["--port"], "expected one argument"),
        (["--enforce-eager=1"], "ignored explicit argument '1'"),
        (["/models/b"], "unrecognized arguments: /models/b"),
    ],
)
def test_a_wrong_line_is_refused_with_status_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        arguments.parse(image("0.13.0"), ["serve", "/models/a", *words])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: vllm")
    assert sentence in error


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--max_model_len", "8k"], "max-model-len", 8000),
        (["--max-model-len=8K"], "max-model-len", 8192),
        (["--gpu-mem", "0.5"], "gpu-memory-utilization", 0.5),
        (["--no-enable-chunked-prefill"], "enable-chunked-prefill", False),
        (["--served-model-name", "a", "b"], "served-model-name", ["a", "b"]),
        (["--seed", "7"], "seed", 7),
        (["--kv-cache-memory-bytes", "2G"], "kv-cache-memory-bytes", 2**31),
        (["--limit-mm-per-prompt.image", "1"], "limit-mm-per-prompt", {"image": 1}),
        (["-tp", "2"], "tensor-parallel-size", 2),
        (["--chat-template", "a; $(b) 'c'"], "chat-template", "a; $(b) 'c'"),
        (["--host", "None"], "host", None),
    ],
)
def test_values_have_the_types_of_the_real_parser(
    words: list[str], name: str, value: object
) -> None:
    assert arguments.parse(image("0.13.0"), ["serve", "/m", *words])[1] == {name: value}


def test_the_model_is_no_option() -> None:
    with pytest.raises(ValueError, match="positional argument"):
        arguments.parse(image("0.13.0"), ["serve", "--model", "/models/a"])


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        arguments.parse(image("0.11.0"), ["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == "0.11.0\n"


def test_settings_of_a_file_become_words() -> None:
    settings = {"port": 8001, "enforce-eager": True, "async-scheduling": False, "api-key": ["a"]}
    words = configfile.as_arguments(settings, (0, 13, 0))
    assert words == ["--port", "8001", "--enforce-eager", "--api-key", "a"]


def test_nested_maps_reach_only_newer_versions(capsys: pytest.CaptureFixture[str]) -> None:
    nested = {"limit-mm-per-prompt": {"image": 1}}
    new = configfile.as_arguments(nested, (0, 33, 0))
    assert arguments.parse(image("0.33.0"), ["serve", "/m", *new])[1] == nested
    old = configfile.as_arguments(nested, (0, 13, 0))
    with pytest.raises(SystemExit):
        arguments.parse(image("0.13.0"), ["serve", "/m", *old])
    assert "cannot be converted" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "number"), [("256", 256), ("1.5k", 1500), ("2M", 2**21)])
def test_human_readable_numbers(text: str, number: int) -> None:
    assert values.human_readable_int(text) == number


def test_auto_is_a_number_of_its_own() -> None:
    assert values.human_readable_int_or_auto("auto") == -1
