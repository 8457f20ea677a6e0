"""What every runtime must keep, also one that is added later."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jetfleet import board
from jetfleet.cmdline import server_of
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.folders import ROOT as FOLDERS
from jetfleet.runtimes.folders import folders, read
from jetfleet.runtimes.registry import calls, runtimes
from jetfleet.spec.service import Service
from jetfleet.spec.services import AnyService
from tests.support.rendered import ROOT, content
from tests.support.services import body_of, services

BOARDS = (("agx-orin-64gb", "6.2"), ("agx-thor", "7.0"))

every = pytest.mark.parametrize("runtime", runtimes().values(), ids=lambda one: one.name)
served = pytest.mark.parametrize(
    "runtime", [one for one in runtimes().values() if not one.any_image], ids=lambda one: one.name
)


@cache
def _board_of(name: str) -> tuple[str, str]:
    """A board that the catalog has an image of the runtime for."""
    rows = read(runtimes()[name].folder, "images.json").get("images", ())
    socs = {soc for row in rows if row["default"] for soc in row["socs"]}
    return BOARDS[0] if "orin" in socs or not rows else BOARDS[1]


def wanted_of(folder: Path, runtime: Runtime[Any], **more: Any) -> Any:
    text = f"it: {json.dumps(body_of(runtime, **more))}\n"
    return services(folder, text, _board_of(runtime.name))


def test_each_folder_is_a_runtime_of_its_own() -> None:
    assert len({one.name for one in runtimes().values()}) == len(folders())
    for one in runtimes().values():
        assert one.service.model_fields["runtime"].annotation.__args__ == (one.name,)
        assert (FOLDERS / one.folder / "spec.py").exists()


@every
def test_its_port_is_known_unless_any_image_may_be_it(runtime: Runtime[Any]) -> None:
    assert (runtime.service.default_port > 0) is not runtime.any_image


@every
def test_it_says_how_its_context_is_written_or_that_it_has_none(runtime: Runtime[Any]) -> None:
    assert "context_options" in vars(type(runtime))
    if runtime.context_options:
        name = runtime.context_options[0]
        body = {"name": "it", **body_of(runtime, flags={name: 4096})}
        assert runtime.context(runtime.service.model_validate(body)) == 4096
    body = {"name": "it", **body_of(runtime)}
    assert runtime.context(runtime.service.model_validate(body)) is None


@every
def test_its_key_is_a_key_of_the_spec_if_it_knows_one(runtime: Runtime[Any]) -> None:
    assert (runtime.key_variable is not None) is ("api_key" in runtime.service.model_fields)
    if "flags" in runtime.service.model_fields:
        refused = {**runtime.service.own_options, **runtime.service.secret_options}
        remedy = refused["api-key"]
        others = {one.key_variable for one in runtimes().values()} - {runtime.key_variable, None}
        assert not [name for name in others if name in remedy]


@pytest.mark.parametrize("form", ["api_key", "env"])
@pytest.mark.parametrize(
    "runtime", [one for one in runtimes().values() if one.key_variable], ids=lambda one: one.name
)
def test_its_key_reaches_a_webui_in_front_of_it_and_its_own_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: Runtime[Any], form: str
) -> None:
    monkeypatch.setenv("UPSTREAM", "correct-horse")
    key = {"env": "UPSTREAM"}
    given = {"api_key": key} if form == "api_key" else {"env": {runtime.key_variable: key}}
    webui = {"runtime": "live-vlm-webui", "upstream": "it", "max_tokens": 100}
    text = f"it: {json.dumps(body_of(runtime, **given))}\nwebui: {json.dumps(webui)}\n"
    found = services(tmp_path, text, _board_of(runtime.name))
    assert "JETFLEET_UPSTREAM_KEY=" in content(found, "/etc/jetfleet/webui/env")
    assert f"{runtime.key_variable}=" in content(found, "/etc/jetfleet/it/env")
    ready = json.loads(content(found, "/etc/jetfleet/it/ready.json"))
    assert ready["key"] == runtime.key_variable


@every
def test_its_readiness_is_known_to_the_program_that_waits_for_it(
    tmp_path: Path, runtime: Runtime[Any]
) -> None:
    ready = json.loads(content(wanted_of(tmp_path, runtime), "/etc/jetfleet/it/ready.json"))
    assert ready["kind"] == runtime.protocol
    kinds = re.search(r"^KINDS\b.*? = \{(.*)\}", board.program("ready.py"), re.MULTILINE)
    assert kinds
    assert f'"{runtime.protocol}"' in kinds[1]


@served
def test_adopt_recognises_the_command_line_that_it_starts(
    tmp_path: Path, runtime: Runtime[Any]
) -> None:
    run = content(wanted_of(tmp_path, runtime), "/etc/jetfleet/it/run")
    words = run.replace("\\\n", " ").split()
    direct = server_of(words, calls())
    # A runtime that is started by a program of jetfleet's is recognised as its own command.
    own = server_of([*runtime.call.words[:1], *runtime.call.words[1:], "--port", "1"], calls())
    assert own
    assert own[0] == runtime.call
    assert direct is None or direct[0] == runtime.call
    for module in runtime.call.modules:
        found = server_of(["python3", "-m", module, "--port", "1"], calls())
        assert found == (runtime.call, ("--port", "1"))


@every
def test_its_model_refuses_the_keys_of_others(runtime: Runtime[Any]) -> None:
    own = runtime.service.model_fields.keys()
    others = AnyService.model_fields.keys() - own
    assert others
    for key in others:
        with pytest.raises(ValueError, match=key):
            runtime.service.model_validate({"name": "it", **body_of(runtime), key: None})


@every
def test_keys_that_runtimes_share_hold_the_same(runtime: Runtime[Any]) -> None:
    for key in runtime.service.model_fields.keys() - Service.model_fields.keys():
        types = {
            str(one.service.model_fields[key].annotation)
            for one in runtimes().values()
            if key in one.service.model_fields
        }
        assert len(types) == 1, key
    foreign = AnyService.model_fields.keys() - runtime.service.model_fields.keys()
    assert runtime.service.instead.keys() <= foreign


@served
def test_it_has_an_image_for_some_board(tmp_path: Path, runtime: Runtime[Any]) -> None:
    assert read(runtime.folder, "images.json")["images"]
    wanted = wanted_of(tmp_path, runtime)
    assert [key for key in wanted if key.startswith("image:")]
    assert runtime.executable


@every
def test_the_guide_names_it_with_its_port_and_the_variable_of_its_key(
    runtime: Runtime[Any],
) -> None:
    page = (ROOT / "docs/guide/runtimes.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{re.escape(runtime.name)}` \|.*$", page, re.MULTILINE)
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[3] == str(runtime.service.default_port or "as written")
    assert runtime.sources is None or cells[4].split(", ") == sorted(runtime.sources)
    assert runtime.key_variable is None or cells[5] == f"`{runtime.key_variable}`"
