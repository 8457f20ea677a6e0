"""Triton of the stand-in images, as a process over model repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.standins.triton_runs import IGPU, ONNX, VLLM, ports, serving, triton, write
from tests.support.standin_programs import ORIN, THOR, Program, Running, model
from twins.standins.servers.triton import options, pbtxt

TEXT = "Qwen/Qwen3-8B"
LLM = 'backend: "vllm"\ninstance_group [{ count: 1 kind: KIND_MODEL }]\n'


@pytest.fixture(scope="module")
def thor(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path, Path]:
    folder = tmp_path_factory.mktemp("thor")
    return triton(folder, VLLM, THOR), folder / "repository", model(folder / "qwen3", TEXT)


def test_an_llm_is_loaded_and_generates(thor: tuple[Program, Path, Path]) -> None:
    program, repository, files = thor
    settings = {"model": str(files), "max_model_len": 256, "gpu_memory_utilization": 0.5}
    write(repository, "qwen3", LLM, "model.json", json.dumps(settings))
    with serving(program, repository, "--load-model", "qwen3") as running:
        assert running.get("/v2/health/live").status_code == 200
        assert running.get("/v2/health/ready").status_code == 200
        assert running.get("/v2/models/qwen3/versions/1/ready").status_code == 200
        assert running.get("/v2").json()["version"] == "2.60.0"
        asked = {"text_input": "What is Triton?", "parameters": {"max_tokens": 5}}
        answer = running.post("/v2/models/qwen3/generate", asked).json()
        assert answer["text_output"].startswith("What is Triton? ")
        assert len(answer["text_output"].split()) == 8
        asked["parameters"] = {"max_tokens": 5, "exclude_input_in_output": True}
        alone = running.post("/v2/models/qwen3/generate", asked).json()
        assert len(alone["text_output"].split()) == 5
        stream = running.post("/v2/models/qwen3/generate_stream", asked).text
        said = [json.loads(line[6:])["text_output"] for line in stream.split("\n\n") if line]
        assert "".join(said) == alone["text_output"]
        assert running.get("/standin/options").json()["models"]["qwen3"] == settings


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_modellen": 256}, "unexpected keyword argument 'max_modellen'"),
        ({"port": 8000}, "unexpected keyword argument 'port'"),
        ({"gpu_memory_utilization": 1.5}, "less than or equal to 1"),
        ({"model": "/none"}, "Invalid repository ID"),
    ],
)
def test_what_the_engine_refuses_fails_the_load(
    thor: tuple[Program, Path, Path], tmp_path: Path, settings: dict[str, object], sentence: str
) -> None:
    program, _, files = thor
    content = json.dumps({"model": str(files), **settings})
    write(tmp_path, "qwen3", LLM, "model.json", content)
    with serving(program, tmp_path) as running:
        answer = running.post("/v2/repository/models/qwen3/load", {})
        assert (answer.status_code, sentence in answer.json()["error"]) == (400, True), answer.text
        (row,) = running.post("/v2/repository/index", {}).json()
        assert (row["state"], sentence in row["reason"]) == ("UNAVAILABLE", True)
        assert running.get("/v2/models/qwen3/ready").status_code == 400
    done = program.run(
        "--model-repository", str(tmp_path), "--model-control-mode", "explicit",
        "--load-model=qwen3",
    )  # fmt: skip
    assert done.returncode == 1
    assert "failed to load all models" in done.stderr


def test_models_are_loaded_and_unloaded_on_demand(tmp_path: Path) -> None:
    program, repository = triton(tmp_path, IGPU, ORIN), tmp_path / "repository"
    write(repository, "resnet", ONNX, "model.onnx")
    words, url, metrics = ports()
    explicit = ("--model-repository", str(repository), "--model-control-mode=explicit")
    with program.serving(*explicit, *words, url=url) as running:
        assert running.get("/v2/health/ready").status_code == 200
        assert running.get("/v2/models/resnet/ready").status_code == 400
        assert running.post("/v2/repository/models/resnet/load", {}).status_code == 200
        x = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0, 0, 0]}
        (output,) = running.post("/v2/models/resnet/infer", {"inputs": [x]}).json()["outputs"]
        assert (output["datatype"], output["shape"], output["data"]) == ("FP32", [2], [0, 0])
        assert running.get("/v2/models/resnet").json()["inputs"][0]["shape"] == [-1, 3]
        config = running.get("/v2/models/resnet/config").json()
        assert (config["backend"], config["max_batch_size"]) == ("onnxruntime", 0)
        assert config["instance_group"] == [{"count": 1, "kind": "KIND_GPU"}]
        counted = Running(running.process, metrics, running.log).get("/metrics").text
        assert 'nv_inference_request_success{model="resnet",version="1"} 1' in counted
        refused = running.post("/v2/models/resnet/generate", {"text_input": "x"})
        assert (refused.status_code, "text_input" in refused.text) == (400, True)
        assert running.post("/v2/repository/models/resnet/unload", {}).status_code == 200
        assert running.get("/v2/models/resnet/ready").status_code == 400
        assert running.post("/v2/models/none/infer", {}).status_code == 400


@pytest.mark.parametrize(
    ("config", "file", "sentence"),
    [
        (LLM, "model.json", "unable to find backend library for backend 'vllm'"),
        ('backend: "onnxruntime"', "", "'model.onnx' must be provided"),
        (f'{ONNX.replace("resnet", "m")} default_model_filename: "a.onnx"', "model.onnx", "a.onnx"),
        ('name: "other" backend: "python"', "model.py", "directory name must equal model name"),
        ('backend "python" }', "model.py", "failed to read text proto"),
        ('backnd: "python"', "model.py", 'has no field named "backnd"'),
        ("", "model.py", "failed to open text file"),
    ],
)
def test_a_repository_that_is_wrong_is_named(
    tmp_path: Path, config: str, file: str, sentence: str
) -> None:
    program, repository = triton(tmp_path, IGPU, ORIN), tmp_path / "repository"
    write(repository, "m", config, file)
    done = program.run("--model-repository", str(repository))
    assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr


def test_a_model_without_a_version_is_not_loaded(tmp_path: Path) -> None:
    program, repository = triton(tmp_path, IGPU, ORIN), tmp_path / "repository"
    (repository / "m").mkdir(parents=True)
    (repository / "m/config.pbtxt").write_text('backend: "python"')
    done = program.run("--model-repository", str(repository))
    assert "at least one version must be available" in done.stderr


@pytest.mark.parametrize(
    ("tag", "kind", "status", "sentence"),
    [
        (VLLM, ORIN, 1, "no kernel image is available for execution on the device"),
        ("25.04-vllm-python-py3", ORIN, 1, "no kernel image is available"),
        (IGPU, THOR, 127, "libnvdla_compiler.so"),
    ],
)
def test_an_image_for_another_board_dies(
    tmp_path: Path, tag: str, kind: tuple[str, int, int], status: int, sentence: str
) -> None:
    program, files = triton(tmp_path, tag, kind), model(tmp_path / "m", TEXT)
    settings = json.dumps({"model": str(files), "max_model_len": 256})
    write(tmp_path / "repository", "m", LLM, "model.json", settings)
    done = program.run("--model-repository", str(tmp_path / "repository"))
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_a_port_in_use_ends_it(tmp_path: Path) -> None:
    program, repository = triton(tmp_path, IGPU, ORIN), tmp_path / "repository"
    repository.mkdir()
    with serving(program, repository) as running:
        port = running.url.rpartition(":")[2]
        more = ("--allow-grpc=false", "--allow-metrics=false")
        done = program.run("--model-repository", str(repository), f"--http-port={port}", *more)
        assert (done.returncode, "already in use" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--model-repositry", "/m"], "unrecognized option '--model-repositry'"),
        (["--allow", "1"], "is ambiguous"),
        (["--http-port", "http"], "invalid value for option '--http-port'"),
        (["--disable-auto-complete-config=true"], "doesn't allow an argument"),
        (["--allow-http=maybe"], "invalid value for bool option: maybe"),
        (["--model-control-mode", "manual"], "must be one of"),
        (["--load-model", "m"], "requires --model-control-mode=explicit"),
        (["--http-port", "8001"], "at the same address and port 0.0.0.0:8001"),
        (["--model-repository"], "requires an argument"),
        (["m"], "Unexpected argument"),
    ],
)
def test_a_wrong_line_is_refused(words: list[str], sentence: str) -> None:
    with pytest.raises(options.Wrong, match=sentence):
        options.parse(words)


def test_options_are_typed() -> None:
    words = [
        "--model-repository=/a",
        "--model-repository",
        "/b",
        "--log-verbose=1",
        "--exit-on",
        "0",
    ]
    assert options.parse(words) == {
        "model-repository": ["/a", "/b"],
        "log-verbose": 1,
        "exit-on-error": False,
    }


def test_the_text_form_is_read() -> None:
    assert pbtxt.parse(ONNX)["output"] == [{"name": ["y"], "data_type": ["TYPE_FP32"], "dims": [2]}]
    parameters = pbtxt.parse('parameters { key: "a" value { string_value: "b\\"c" } }')
    assert parameters["parameters"][0]["value"] == [{"string_value": ['b"c']}]
