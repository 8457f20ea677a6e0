"""Which containers a command line starts, in the forms in which people write units."""

from __future__ import annotations

import pytest

from jetfleet.adopt.launches import launches
from jetfleet.resources.adopted.container import Container


def container(name: str, **labels: str) -> Container:
    project = {f"com.docker.compose.{key}": value for key, value in labels.items()}
    return Container(name, "running", f"example/{name}:1", "sha256:0", labels=project)


LLM = {"project": "llm", "project.working_dir": "/opt/llm"}
NAMED = [
    "/usr/bin/docker run --rm --name vllm example/x serve",
    "docker run --name=vllm -d example/x",
    "/usr/bin/docker start -a vllm",
    "/usr/bin/docker container start vllm",
    "/bin/sh -c docker rm -f vllm ; docker run --name vllm example/x",
    "/bin/bash -c 'docker rm -f old || true; exec docker run --rm --name \"vllm\" example/x'",
    "nvidia-docker run -d --name vllm example/x",
    "/usr/bin/podman run --name vllm example/x",
    "docker --context default run --name vllm example/x",
    "sudo docker restart web vllm",
    "jetson-containers run --name vllm example/x",
    "docker run --rm --name $NAME example/x",
    "docker run --rm --name ${NAME} example/x",
    "docker run --rm example/vllm:1 serve",
]


@pytest.mark.parametrize("line", NAMED)
def test_a_container_is_found_by_its_name_or_image(line: str) -> None:
    found = list(launches(line, {"NAME": "vllm"}))
    assert any(one.starts(container("vllm")) for one in found)
    assert not any(one.starts(container("other")) for one in found)


COMPOSED = [
    ("/usr/bin/docker compose up", "/opt/llm"),
    ("/usr/bin/docker compose up -d", "/opt/llm/"),
    ("/usr/bin/docker-compose -f docker-compose.yml up", "/opt/llm"),
    ("docker compose -f /opt/llm/docker-compose.yml up -d", ""),
    ("docker compose --project-directory=/opt/llm up", "/"),
    ("docker compose -p llm up", "/srv"),
    ("/bin/sh -c docker compose down ; docker compose up", "/opt/llm"),
    ("/bin/bash -lc cd /opt/llm && docker compose up -d", ""),
    ("/bin/sh -c 'cd llm; docker compose up'", "/opt"),
    ('#! /opt/llm/start.sh\ncd "$(dirname "$0")"\ndocker compose up', "/root"),
    ("#! /root/start.sh\ncd /opt/llm || exit 1\ndocker compose up", "/root"),
]


@pytest.mark.parametrize(("line", "folder"), COMPOSED)
def test_the_containers_of_a_compose_project_are_found(line: str, folder: str) -> None:
    found = list(launches(line, {}, folder))
    assert any(one.starts(container("llm-vllm-1", **LLM)) for one in found)
    other = {"project": "other", "project.working_dir": "/opt/other"}
    assert not any(one.starts(container("x", **other)) for one in found)
    assert not any(one.starts(container("plain")) for one in found)


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/docker exec vllm ls",
        "docker stop vllm",
        "docker rm -f vllm",
        "docker compose down",
        "/usr/local/bin/ollama serve",
        "/usr/bin/dockerd -H fd://",
        "docker",
        "docker run",
        "docker start",
        "",
    ],
)
def test_other_commands_start_nothing(line: str) -> None:
    assert not any(one.starts(container("vllm")) for one in launches(line, {}, "/opt/llm"))
    assert not any(one.starts(container("vllm", **LLM)) for one in launches(line, {}, "/opt/llm"))
