"""The `docker run` and `vllm serve` lines of source 003 (a guide to Jetson Thor)."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.resources import File
from tests.support.rendered import content, docker, lab, of

DOCKER = """docker run -it --rm --ipc=host --net=host --runtime=nvidia --name=vllm
    -v /home/lnsoft/wjj/models:/models nvcr.io/nvidia/vllm:25.09-py3"""

SERVE = [
    """vllm serve /models/Qwen/Qwen3-8B --served-model-name qwen3""",
    """vllm serve /models/Qwen/Qwen3-8B --port 8000 --served-model-name qwen3
       --max-model-len 32000 --gpu-memory-utilization 0.9""",
    """vllm serve /models/Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8 --served-model-name qwen3""",
    """VLLM_DISABLED_KERNELS=MacheteLinearKernel vllm serve /models/okwinds/Qwen3-8B-Int4-W4A16
       --port 8000 --served-model-name qwen3 --max-model-len 32000 --gpu-memory-utilization 0.9""",
    """VLLM_DISABLED_KERNELS=MacheteLinearKernel
       vllm serve /models/okwinds/Qwen3-Coder-30B-A3B-Instruct-Int4-W4A16
       --port 8000 --served-model-name qwen3 --max-model-len 16000 --gpu-memory-utilization 0.95""",
    """vllm serve /models/Qwen/Qwen3-8B-AWQ --port 8000 --served-model-name qwen3
       --max-model-len 32000 --gpu-memory-utilization 0.9""",
]

SPEC = """\
version: 1
models:
  it: {{source: "modelscope:{model}"}}
hosts:
  thor:
    module: agx-thor
    jetpack: "7.0"
    l4t: "38.2.0"
    address: 192.0.2.11
    services:
      llm:
        runtime: vllm
        model: it
        image: nvcr.io/nvidia/vllm:25.09-py3
        ipc: host
        served_name: qwen3
{more}
"""


def parsed(line: str) -> tuple[dict[str, str], str, dict[str, Any]]:
    """The variables, the model and the options of a line of the guide."""
    words = shlex.split(line)
    env = dict(word.split("=", 1) for word in words[: words.index("vllm")])
    model, *options = words[words.index("serve") + 1 :]
    values = dict(zip(options[::2], map(YAML(typ="safe").load, options[1::2]), strict=True))
    return env, model.removeprefix("/models/"), {k.lstrip("-"): v for k, v in values.items()}


def spec(env: dict[str, str], model: str, options: dict[str, Any]) -> str:
    flags = {k: v for k, v in options.items() if k not in {"port", "served-model-name"}}
    more = [f"port: {options['port']}"] if "port" in options else []
    more += [f"{name}: {dict(what)}" for name, what in (("flags", flags), ("env", env)) if what]
    return SPEC.format(model=model, more="\n".join(f"        {line}" for line in more))


@pytest.mark.parametrize("line", SERVE)
def test_a_line_of_the_guide_comes_out(tmp_path: Path, line: str) -> None:
    env, model, options = parsed(line)
    wanted = of(tmp_path, spec(env, model, options), "thor")
    ours = YAML(typ="safe").load(content(wanted, "/etc/jetfleet/llm/vllm.yaml"))
    assert ours == options
    file = wanted.get("file:/etc/jetfleet/llm/env")
    written = file.content if isinstance(file, File) else ""
    assert written == "".join(f"{name}={value}\n" for name, value in env.items())
    words = docker(wanted, "llm")
    assert words[-5:] == ["vllm", "serve", "/models/it", "--config", "/etc/jetfleet/vllm.yaml"]


def test_its_docker_run_comes_out(tmp_path: Path) -> None:
    """All of it but for the terminal, the name, and the folder with every model of the board."""
    words = docker(of(tmp_path, spec(*parsed(SERVE[1])), "thor"), "llm")
    assert words[words.index("--runtime") + 1] == "nvidia"
    assert words[words.index("--network") + 1] == "host"
    assert words[words.index("--ipc") + 1] == "host"
    assert "--rm" in words
    assert "nvcr.io/nvidia/vllm:25.09-py3" in words
    assert not {"-it", "-t", "-i"} & set(words), "nobody sits at a service's terminal"


def test_the_example_serves_as_the_guide_does() -> None:
    options = YAML(typ="safe").load(
        content(lab().resources("thor"), "/etc/jetfleet/qwen3/vllm.yaml")
    )
    assert options == parsed(SERVE[1])[2]
