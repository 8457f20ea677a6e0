"""Triton of the stand-in images over a model repository."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.standin_programs import Program, Running, free_port

IGPU, VLLM = "25.04-py3-igpu", "25.08-vllm-python-py3"
ONNX = """
name: "resnet"  # a comment
backend: "onnxruntime"
max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: [ -1, 3 ] }]
output [ { name: "y", data_type: TYPE_FP32, dims: [ 2 ] } ]
instance_group [ { count: 1 kind: KIND_GPU } ]
"""


def triton(folder: Path, tag: str, kind: tuple[str, int, int]) -> Program:
    return Program.of(folder, f"nvcr.io/nvidia/tritonserver:{tag}", kind)


def write(repository: Path, name: str, config: str, file: str = "", content: str = "") -> None:
    (repository / name / "1").mkdir(parents=True)
    if config:
        (repository / name / "config.pbtxt").write_text(config)
    if file:
        (repository / name / "1" / file).write_text(content)


def ports() -> tuple[list[str], str, str]:
    http, grpc, metrics = free_port(), free_port(), free_port()
    words = [f"--http-port={http}", f"--grpc-port={grpc}", "--metrics-port", str(metrics)]
    return words, f"http://127.0.0.1:{http}", f"http://127.0.0.1:{metrics}"


@contextmanager
def serving(program: Program, repository: Path, *more: str) -> Iterator[Running]:
    words, url, _ = ports()
    explicit = ("--model-repository", str(repository), "--model-control-mode=explicit", *more)
    with program.serving(*explicit, *words, url=url) as running:
        yield running
