"""The options of a container: read off Docker, and written as keys that say the same."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.adopt.docker_keys import container_keys, docker_keys, lost
from jetfleet.containers import Container as Program
from jetfleet.resources import Image
from jetfleet.resources.adopted.container import Container, read_containers
from jetfleet.resources.adopted.inspected import Host
from jetfleet.resources.adopted.run_options import other_settings, run_options
from jetfleet.spec.docker_options import DockerOptions, size_in_bytes, written_size
from jetfleet.validate import problems_of
from tests.support.rendered import ROOT

HOST: dict[str, Any] = {
    "AutoRemove": False, "CapAdd": None, "DeviceRequests": None, "Devices": None,
    "ExtraHosts": None, "GroupAdd": None, "IpcMode": "private", "Memory": 0,
    "NetworkMode": "host", "PidMode": "", "PortBindings": {}, "Privileged": False,
    "RestartPolicy": {"Name": "no"}, "Runtime": "runc", "SecurityOpt": None,
    "ShmSize": 64 * 2**20, "Ulimits": None,
}  # fmt: skip


def row(**host: Any) -> dict[str, Any]:
    whole = Host.model_validate({**HOST, **host}).model_dump()
    return {"tty": False, "user": "", "workdir": "", "host": whole}


def options(**host: Any) -> dict[str, Any]:
    found = run_options(row(**host), {"user": "", "workdir": ""})
    return {name: value for name, value in found.items() if name != "network"}


def request(**parts: Any) -> dict[str, Any]:
    usual = {"Driver": "", "Count": 0, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}
    return {"DeviceRequests": [{**usual, **parts}]}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (request(Count=-1), {"gpus": "all"}),
        (request(Count=1, Driver="nvidia"), {"gpus": 1}),
        (request(Count=2), {"gpus": 2}),
        (request(DeviceIDs=["0"]), {"gpus": "device=0"}),
        (request(DeviceIDs=["0", "GPU-1"]), {"gpus": '"device=0,GPU-1"'}),
        (
            request(Count=-1, Capabilities=[["compute", "gpu", "utility"]]),
            {"gpus": 'count=all,"capabilities=compute,utility"'},
        ),
        (
            request(Driver="cdi", DeviceIDs=["nvidia.com/gpu=all"], Capabilities=None),
            {"device": ["nvidia.com/gpu=all"]},
        ),
        ({"Devices": [{"PathOnHost": "/dev/video0"}]}, {"device": ["/dev/video0"]}),
        (
            {
                "Devices": [
                    {
                        "PathOnHost": "/dev/a",
                        "PathInContainer": "/dev/b",
                        "CgroupPermissions": "rwm",
                    }
                ]
            },
            {"device": ["/dev/a:/dev/b"]},
        ),
        (
            {"Devices": [{"PathOnHost": "/dev/a", "CgroupPermissions": "r"}]},
            {"device": ["/dev/a:/dev/a:r"]},
        ),
        ({"CapAdd": ["CAP_SYS_ADMIN", "net_raw"]}, {"cap-add": ["NET_RAW", "SYS_ADMIN"]}),
        ({"CapDrop": ["ALL"], "ReadonlyRootfs": True}, {"read-only": True, "cap-drop": ["ALL"]}),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}},
            {"restart": "on-failure:5"},
        ),
        ({"Memory": 8, "MemorySwap": 16, "NanoCpus": 15 * 10**8}, {"memory": 8, "cpus": 1.5}),
        ({"Tmpfs": {"/t": "size=1m"}, "Sysctls": {"a.b": "1"}},
         {"tmpfs": ["/t:size=1m"], "sysctl": ["a.b=1"]}),
        ({"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}},
         {"log-opt": ["max-size=10m"]}),
        ({"MemorySwap": -1, "PidsLimit": None, "CgroupnsMode": "host", "MaskedPaths": ["/x"]}, {}),
    ],
)  # fmt: skip
def test_every_option_of_docker_is_read(host: dict[str, Any], expected: dict[str, Any]) -> None:
    assert options(**host) == expected


def test_a_setting_without_an_option_is_named() -> None:
    assert other_settings(row(BlkioWeight=300, CpuPeriod=0, StorageOpt=None)) == ("BlkioWeight",)


def test_the_user_of_the_image_is_not_an_option() -> None:
    whole = {**row(), "user": "triton"}
    assert "user" not in run_options(whole, {"user": "triton", "workdir": ""})
    assert run_options(whole, {"user": ""})["user"] == "triton"


WRITTEN = {
    "ipc": "host",
    "privileged": True,
    "user": "1000:1000",
    "group-add": ["44", "video"],
    "cap-add": ["SYS_ADMIN"],
    "security-opt": ["seccomp=unconfined"],
    "shm-size": 8 * 2**30,
    "memory": 6 * 2**30 + 1,
    "ulimit": ["memlock=-1:-1", "nofile=1024:2048"],
    "add-host": ["hub:192.0.2.1"],
}


def test_keys_say_exactly_the_options_and_the_rest_stays() -> None:
    other = {"rm": True, "pid": "container:web", "ipc": "host", "user": "a b"}
    keys, rest = docker_keys({**WRITTEN, **other})
    assert rest == {"rm": True, "pid": "container:web", "user": "a b"}
    assert keys["shm_size"] == "8g"
    assert keys["ulimits"] == {"memlock": -1, "nofile": "1024:2048"}
    said = DockerOptions.model_validate(keys).docker_options
    assert said == {name: value for name, value in WRITTEN.items() if name != "user"}


@pytest.mark.parametrize(
    ("text", "size"),
    [("8g", 8 * 2**30), ("8G", 8 * 2**30), ("8gb", 8 * 2**30), ("8GiB", 8 * 2**30),
     ("512m", 2**29), ("1.5k", 1536), ("64", 64), (64, 64), ("64b", 64)],
)  # fmt: skip
def test_a_size_is_one_in_every_spelling(text: str | int, size: int) -> None:
    written = DockerOptions.model_validate({"shm_size": text})
    assert written.docker_options == {"shm-size": size}
    assert size_in_bytes(written_size(size)) == size


@pytest.mark.parametrize("limit", ["1024:2048", {"soft": 1024, "hard": 2048}])
def test_a_limit_is_one_in_both_spellings(limit: object) -> None:
    written = DockerOptions.model_validate({"ulimits": {"nofile": limit, "memlock": -1}})
    assert written.docker_options["ulimit"] == ["memlock=-1:-1", "nofile=1024:2048"]


def test_mounts_devices_ports_and_command_of_any_container_are_keys() -> None:
    found = Container(
        "web", "running", "i:1", "", own_command=("python3", "-m", "server"),
        volumes={"/data": "/data", "/etc/x": "/x:ro", "named": "/named"},
    )  # fmt: skip
    read = {"device": ["/dev/video0"], "publish": ["8080:80/tcp"], "rm": True}
    assert container_keys(found, read) == {
        "mounts": {"/data": "/data:rw", "/etc/x": "/x"},
        "devices": ["/dev/video0"],
        "ports": {8080: 80},
        "command": ["python3", "-m", "server"],
    }
    assert read == {"rm": True}


def test_what_no_key_says_is_listed() -> None:
    found = Container("web", "running", "i:1", "", others=("BlkioWeight",), own_command=("***",))
    made = {
        "docker": {"network": "mine", "rm": True, "restart": "always", "cpus": 1.5, "gpus": 1},
        "volumes": {"named": "/named"},
    }
    assert lost({"runtime": "container", "made": made}, found, [], {}) == [
        "--network mine", "--cpus 1.5", "the mount named:/named",
        "its command, which has a secret", "docker's setting BlkioWeight",
    ]  # fmt: skip


def test_the_captured_containers_have_no_setting_that_is_not_read() -> None:
    text = (ROOT / "tests/data/captured/containers-orin.txt").read_text()
    assert [one.others for one in read_containers(text)] == [(), ()]


def test_the_options_of_a_spec_are_given_to_docker_and_replace_usual_ones() -> None:
    usual = (("--ulimit", "memlock=-1"), ("--ulimit", "stack=67108864"), ("--shm-size", "1g"))
    found = Program(
        image=Image("docker.io/library/x", "1"), options=usual, ipc="host",
        docker={"privileged": True, "shm-size": 5, "ulimit": ["stack=1:1"], "ipc": "host"},
    )  # fmt: skip
    options = [line for line in found.lines("it", env_file=False) if line.startswith("--")]
    assert options[4:] == [
        "--ulimit memlock=-1", "--privileged", "--shm-size 5", "--ulimit stack=1:1", "--ipc host",
    ]  # fmt: skip


def test_a_compose_service_can_be_said_as_a_container() -> None:
    spec, problems = problems_of(ROOT / "tests/data/container-options.yaml")
    assert problems == []
    (service,) = spec.hosts[0].services
    assert service.docker_options == {
        "privileged": True, "user": "1000:1000", "group-add": ["video"], "shm-size": 8 * 2**30,
        "memory": 6 * 2**30, "ulimit": ["memlock=-1:-1", "stack=67108864:67108864"],
    }  # fmt: skip
