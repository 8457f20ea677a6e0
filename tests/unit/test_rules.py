"""The rules as data: whole, with sources, in use; looked up, and explained by the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jetfleet.catalog.data_file import read_data
from jetfleet.catalog.option_value import expected_value
from jetfleet.catalog.rules import Rule, broken, rule, rules
from jetfleet.catalog.situation import Situation
from jetfleet.cli import app
from jetfleet.errors import FleetError
from jetfleet.runtimes.registry import runtimes
from jetfleet.spec.options import plain_option
from tests.support.options import option_table
from tests.support.rendered import ROOT
from tests.support.specs import problems

CONDITIONS = {"soc", "image", "runtime", "quantisation", "power", "host", "words", "architecture",
              "backend", "option", "value", "env", "is", "env_absent", "name"}  # fmt: skip
RANGES = {f"{of}_{end}" for of in ("l4t", "engine", "docker", "toolkit") for end in ("min", "max")}
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for place in ("validate/**/*.py", "runtimes/**/*.py", "resources/board/*.py")
    for path in (ROOT / "jetfleet").glob(place)
)
ONE_TABLE = [name for name, one in runtimes().items() if one.tables.of(None)]
SERVICE_KEYS = {key for one in runtimes().values() for key in one.service.model_fields}


@pytest.mark.parametrize("one", rules().values(), ids=lambda one: one.id)
def test_each_rule_says_why_what_to_do_and_its_source(one: Rule) -> None:
    assert one.sentence
    assert one.why
    assert one.remedy
    assert one.links
    assert one.level in {"refuse", "warn"}
    assert one.conditions.keys() <= CONDITIONS | RANGES
    for key in CONDITIONS & one.conditions.keys():
        re.compile(one.conditions[key])


@pytest.mark.parametrize("one", rules().values(), ids=lambda one: one.id)
def test_each_rule_is_looked_up_or_checked_by_name(one: Rule) -> None:
    checked = re.search(rf'(\brule=|^[A-Z_, ]+ = .*)"{re.escape(one.id)}"', CODE, re.MULTILINE)
    assert bool(one.conditions) != bool(checked)


@pytest.mark.parametrize("one", rules().values(), ids=lambda one: one.id)
def test_each_look_up_names_the_keys_that_break_it(one: Rule) -> None:
    of_host = one.conditions.keys() <= {"soc", "power", "l4t_min", "l4t_max"}
    of_service = bool(one.conditions) and one.at != "board" and not of_host
    assert bool(one.keys) is of_service
    assert set(one.keys) <= SERVICE_KEYS | {"backend"}
    assert ("flags" in one.keys) is bool(one.option)
    assert ("env" in one.keys) is bool(one.variables)


def test_ids_are_given_once() -> None:
    ids = [row["id"] for row in read_data("rules.json")["rules"]]
    assert ids == sorted(set(ids))


def test_what_only_the_board_can_tell() -> None:
    orin = Situation(soc="orin", l4t="36.4.3", docker="28.0.1")
    assert broken(orin) == (rule("docker-28-raw-table"),)
    assert broken(Situation(soc="orin", l4t="36.4.4", docker="28.0.1")) == ()
    assert broken(Situation(soc="orin", l4t="36.4.3")) == ()
    thor = Situation(soc="thor", l4t="38.2.0", toolkit="1.17.8")
    assert broken(thor) == (rule("container-toolkit-thor"),)
    assert {one.id for one in rules().values() if one.at == "board"} == {
        "board-l4t",
        "board-module",
        "docker-28-raw-table",
        "container-toolkit-thor",
    }


def test_explain_prints_a_rule_with_its_sources() -> None:
    said = CliRunner().invoke(app, ["explain", "qwen3-vl-vllm"]).output
    for line in (
        "qwen3-vl-vllm: refused, checked against the spec",
        "Instead: take an image with a later vLLM, or leave `image` out",
        "Source:  https://github.com/vllm-project/vllm/releases/tag/v0.11.0",
        "waive: {qwen3-vl-vllm: WHY}",
    ):
        assert line in said
    assert "engine at most 0.10.99" in said


def test_explain_lists_all_rules() -> None:
    said = CliRunner().invoke(app, ["explain"]).output
    assert [line.split()[0] for line in said.splitlines()] == list(rules())


def test_explain_of_an_unknown_rule_says_what_may_be_meant() -> None:
    done = CliRunner().invoke(app, ["explain", "port-clas"])
    assert isinstance(done.exception, FleetError)
    assert "did you mean port-clash?" in str(done.exception)


@pytest.mark.parametrize("program", ONE_TABLE)
def test_option_tables_have_names_and_kinds(program: str) -> None:
    options = option_table(program).options
    assert len(options) > 20
    assert all(f"--{plain_option(name)}" == name for name in options)
    assert all(name.endswith(option.name) for name, option in options.items())
    kinds = {None, "int", "float", "str", "bool", "loads"}
    assert {option.type for option in options.values()} <= kinds


@pytest.mark.parametrize(
    ("program", "name", "value", "expected"),
    [
        ("trtllm", "max-seq-len", 8192, None),
        ("trtllm", "max-seq-len", "long", "a whole number"),
        ("trtllm", "backend", "pytorch", None),
        ("trtllm", "backend", "vllm", "one of pytorch, tensorrt, trt, _autodeploy"),
        ("triton", "exit-timeout-secs", 30, None),
        ("triton", "strict-readiness", "yes", "true or false"),
        ("llama.cpp", "ctx-size", 8192, None),
        ("llama.cpp", "c", "8k", "a whole number"),
        ("llama.cpp", "jinja", True, None),
        ("llama.cpp", "jinja", "on", "true or false"),
        ("llama.cpp", "flash-attn", "auto", None),
        ("llama.cpp", "cache-type-k", "q8_0", None),
        ("llama.cpp", "poll", 50, None),
        ("llama.cpp", "n-gpu-layers", "all", None),
        ("llama.cpp", "tensor-split", (3, 1), None),
        ("llama.cpp", "tensor-split", "3,1", None),
        ("llama.cpp", "chat-template-kwargs", {"enable_thinking": False}, None),
        ("llama.cpp", "chat-template-kwargs", "none", "a mapping or a list"),
        ("trtllm", "media_io_kwargs", {"video": {"fps": 2}}, None),
        ("triton", "disable-auto-complete-config", "yes", "true or false"),
    ],
)
def test_values_of_their_options(
    program: str, name: str, value: object, expected: str | None
) -> None:
    option = option_table(program).find(name)
    assert option
    assert expected_value(option, value) == expected


def test_an_option_that_no_table_has_is_a_warning(tmp_path: Path) -> None:
    models = {"gguf": {"source": "hf:Qwen/Qwen3-8B-GGUF", "include": ["*Q5_K_M.gguf"]}}
    service = {"runtime": "llama.cpp", "model": "gguf", "flags": {"ctx-sise": 8192}}
    host = {"module": "agx-orin-64gb", "jetpack": "6.2", "address": "192.0.2.12"}
    (told,) = problems(tmp_path, models, {"orin": {**host, "services": {"llm": service}}})
    assert (told.rule, told.warning) == ("option-unknown", True)
    assert "did you mean ctx-size" in str(told)
