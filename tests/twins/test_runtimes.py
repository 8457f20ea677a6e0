"""The whole example: five boards, each with a server of its own kind, from bare to an answer."""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.lab import Lab, Spec, changed, no_reboot, until
from tests.support.rendered import HOSTS, ROOT
from twins.standins import direct
from twins.standins.hubs.content.bundle import bundles

OLLAMA_SET = {
    "qwen3:1.7b", "qwen3:8b", "qwen2.5:1.5b", "deepseek-r1:8b", "deepseek-r1:7b",
    "smollm2:135m", "smollm2:135m-instruct-q2_K",
}  # fmt: skip


pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The five boards as the example has them, converged from bare."""
    lab = Lab.up(tmp_path_factory.mktemp("five"), HOSTS, no_reboot, whole=True)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def ask(lab: Lab, host: str, path: str, body: dict[str, Any]) -> Any:
    """What a server on a board answers to this workstation."""
    port = {"nano-ollama": 11434}.get(host, 8000)
    with direct.session() as session:
        answer = session.post(f"http://{lab.fleet.ip(host)}:{port}{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


def test_each_board_answers(lab: Lab) -> None:
    words = {"model": "qwen3", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}
    assert ask(lab, "thor", "/v1/chat/completions", words)["choices"][0]["message"]["content"]
    assert lab.chat("orin")
    assert lab.chat("nano")
    assert lab.get("orin-triton", "/v2/models/peoplenet")["versions"] == ["1"]
    body = {"model": "smollm2:135m", "prompt": "Hello", "stream": False}
    assert ask(lab, "nano-ollama", "/api/generate", body)["response"]


def test_ollama_has_the_set_and_its_settings(lab: Lab) -> None:
    listed = lab.get("nano-ollama", "/api/tags", 11434)["models"]
    assert {model["name"] for model in listed} == OLLAMA_SET
    env = set(lab.sh("nano-ollama", "docker exec ollama env").splitlines())
    assert {
        "OLLAMA_GPU_OVERHEAD=256000000", "OLLAMA_KEEP_ALIVE=5m", "OLLAMA_MAX_LOADED_MODELS=1",
        "OLLAMA_NOPRUNE=1", "JETSON_JETPACK=6",
    } <= env  # fmt: skip


def test_seven_models_take_turns(lab: Lab) -> None:
    for name in sorted(OLLAMA_SET):
        body = {"model": name, "prompt": "Hello", "stream": False}
        assert ask(lab, "nano-ollama", "/api/generate", body)["done"], name
        loaded = lab.get("nano-ollama", "/api/ps", 11434)["models"]
        assert [model["name"] for model in loaded] == [name]


def test_verify_asks_each_model_of_an_ollama(lab: Lab, tmp_path: Path) -> None:
    ran = lab.apply(deploy="deploys/verify.py", environ={"JETFLEET_RUN": str(tmp_path)})
    assert ran.status == 0, ran.log
    said = r"\(loaded in \d+\.\d\d s, first token after .+ % on the GPU\)"
    assert re.search(said, ran.log), ran.log
    rows = [json.loads(row) for row in (tmp_path / "nano-ollama.jsonl").read_text().splitlines()]
    [row] = [row for row in rows if row["event"] == "verified" and row["what"] == "ollama"]
    assert {answer["model"] for answer in row["answers"]} == OLLAMA_SET
    for answer in row["answers"]:
        assert answer["memory_bytes"] > 0
        assert 0 < answer["gpu_share"] <= 1
        assert answer["load_seconds"] >= 0
        assert "doubts" not in answer


def test_the_page_is_the_boards_own(lab: Lab) -> None:
    address = lab.fleet.ip("orin")
    certificate = lab.sh("orin", "cat /var/lib/jetfleet/tls/webui/cert.pem")
    trusting = ssl.create_default_context(cadata=certificate)
    trusting.check_hostname = False  # the twin has another address than the board in the spec
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
    )
    with opener.open(f"https://{address}:8090/", timeout=10) as page:
        assert 'id="maxTokens" value="150"' in page.read().decode()
    assert lab.sh("orin", "stat -c %a /var/lib/jetfleet/tls/webui/key.pem").strip() == "600"
    before = certificate
    lab.sh("orin", "systemctl restart jetfleet-webui")
    assert lab.sh("orin", "cat /var/lib/jetfleet/tls/webui/cert.pem") == before


def test_a_second_apply_changes_nothing(lab: Lab) -> None:
    ran = lab.converge()
    assert {host: changed(ran, host) for host in HOSTS} == {host: [] for host in HOSTS}


def test_all_of_it_survives_a_reboot(lab: Lab) -> None:
    list_units = "systemctl list-unit-files --state=enabled --no-legend 'jetfleet-*.service'"
    for host in HOSTS:
        lab.fleet.reboot(host)
    for host in HOSTS:
        lab.fleet.wait_ssh(host)
        units = [line.split()[0] for line in lab.sh(host, list_units).splitlines()]
        assert units
        for unit in units:
            active = f"systemctl is-active {unit}"
            until(lambda h=host, a=active: lab.holds(h, a), f"{host}: {unit}", 180)
    assert lab.plan() == {}


def native(spec: Spec) -> None:
    """Let the Ollama of the Nano be one of the board itself."""
    known = YAML(typ="safe").load((ROOT / "twins/standins/servers/ollama/models.yaml").read_text())
    (release,) = known["models"]
    archives = {}
    for name, content in bundles(release["weights"]["bundles"]).files:
        if name != "ollama-linux-arm64-jetpack5.tgz":
            archives[name.removesuffix(".tgz")] = {
                "source": f"https://github.com/ollama/ollama/releases/download/v0.6.8/{name}",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
    spec["models"].update(archives)
    service = spec["hosts"]["nano-ollama"]["services"]["ollama"]
    service.update(install="native", archives=list(archives))


def test_the_same_ollama_on_the_board_itself(lab: Lab) -> None:
    lab.rewrite(native)
    host = "nano-ollama"
    lab.converge("--limit", host)
    assert not lab.holds(host, "docker container inspect ollama")
    assert lab.sh(host, "ps -o user= -C python3 -C ollama | sort -u").split() == ["ollama"]
    assert {model["name"] for model in lab.get(host, "/api/tags", 11434)["models"]} == OLLAMA_SET
    body = {"model": "smollm2:135m", "prompt": "Hello", "stream": False}
    assert ask(lab, host, "/api/generate", body)["response"]
    assert lab.plan("--limit", host) == {}
