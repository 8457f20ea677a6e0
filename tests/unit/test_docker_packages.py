"""Docker's packages by the spec: what is installed, what is pinned, what is left to others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.resources import Daemon, DockerPackages, Package, RunOptions
from jetfleet.resources.docker_packages.state import fits, read_packages
from tests.support.rendered import invented, wanted

PINS = "file:/etc/apt/preferences.d/jetfleet-docker"
PUBLISHES = """
      services:
        web: {runtime: container, image: "docker.io/library/nginx:1", command: [serve], port: 8080,
              probe: {path: /}, ports: {"8080": 80}}"""
SPEC = """version: 1
hosts:
  host:
    module: {module}
    jetpack: "{jetpack}"
    l4t: "{l4t}"
    address: 192.0.2.9
    waive: {waive}
    apt: {apt}
    docker: {docker}
    files: {files}
"""
ORIN = {"module": "agx-orin-64gb", "jetpack": "6.2", "l4t": "36.4.3"}


def resources(tmp_path: Path, docker: str = "{}", *, more: str = "", **keys: str) -> dict[str, Any]:
    """Return what the roles want on a host with these keys under `docker`."""
    given = {**ORIN, "waive": "{}", "apt": "{}", "files": "{}", **keys, "docker": docker}
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.format(**given) + more.replace("\n  ", "\n"), encoding="utf-8")
    return wanted(path, invented({})).resources("host")


def packages(found: dict[str, Any]) -> DockerPackages:
    one = found["docker-packages:docker"]
    assert isinstance(one, DockerPackages)
    return one


def test_a_host_with_docker_gets_what_it_lacks(tmp_path: Path) -> None:
    found = resources(tmp_path)
    assert packages(found) == DockerPackages(soc="orin", raw_table=False)
    assert PINS not in found


def test_docker_28_is_kept_off_a_kernel_where_it_publishes_no_ports(tmp_path: Path) -> None:
    found = resources(tmp_path, more=PUBLISHES)
    assert packages(found).raw_table
    text = found[PINS].content
    assert "Package: docker.io docker-ce docker-ce-cli" in text
    assert "Pin-Priority: -1" in text


@pytest.mark.parametrize(
    ("docker", "keys"),
    [
        ("{raw_table: skip}", {}),
        ("{daemon: {iptables: false}}", {}),
        ("{install: {engine: never}}", {"l4t": "36.4.4", "jetpack": "6.2.1"}),
        ("{}", {"waive": "{docker-28-raw-table: the kernel is our own}"}),
        ("{}", {"module": "agx-thor", "jetpack": "7.0", "l4t": "38.2.0"}),
    ],
)
def test_docker_28_is_left_where_it_works(
    tmp_path: Path, docker: str, keys: dict[str, str]
) -> None:
    assert PINS not in resources(tmp_path, docker, more=PUBLISHES, **keys)


def test_versions_are_pinned_with_any_epoch(tmp_path: Path) -> None:
    found = resources(
        tmp_path, '{install: {engine: docker-ce, version: "27.5.1*", toolkit: "1.18.0+x~1"}}'
    )
    assert r"Pin: version /^([0-9]+:)?27\.5\.1/" in found[PINS].content
    assert r"Pin: version /^([0-9]+:)?1\.18\.0\+x~1$/" in found[PINS].content
    assert packages(found).engine == "docker-ce"
    assert fits("5:27.5.1-1~ubuntu.22.04~jammy", "27.5.1*")
    assert fits("5:27.5.1", "5:27*")
    assert not fits("5:27.5.1", "7*")


def test_what_apt_packages_names_is_left_to_it(tmp_path: Path) -> None:
    apt = "{packages: {docker.io: installed, nvidia-container-toolkit: installed}}"
    found = resources(tmp_path, apt=apt)
    assert packages(found).desired() == {}
    named = found["package:docker.io"]
    assert isinstance(named, Package)
    assert named.hides("absent") == ("daemon:*",)
    assert named.hides("installed") == ()
    assert Package("tmux").hides("absent") == ()


def test_no_toolkit_is_installed_for_another_runtime(tmp_path: Path) -> None:
    assert "toolkit" not in packages(resources(tmp_path, "{default_runtime: runc}")).desired()


def test_sources_of_the_spec_are_waited_for(tmp_path: Path) -> None:
    files = '{/etc/apt/sources.list.d/own.sources: {content: "Types: deb\\n"}}'
    assert packages(resources(tmp_path, files=files)).sources


def test_raw_table_skip_is_a_variable_of_the_drop_in_and_restarts(tmp_path: Path) -> None:
    drop_in = "file:/etc/systemd/system/docker.service.d/jetfleet.conf"
    skips, needs = (resources(tmp_path, f"{{raw_table: {one}}}") for one in ("skip", "needed"))
    assert "_NO_IPTABLES_RAW=1\n" in skips[drop_in].content
    assert "RAW" not in needs[drop_in].content
    assert skips["daemon:docker"].drop_in != needs["daemon:docker"].drop_in


def test_a_daemon_is_not_refused_for_an_engine_that_comes_before_it() -> None:
    daemon = Daemon(settings="{}", drop_in="x", soc="thor")
    text = "Id=docker.service\nActiveState=inactive\nnvidia-container-toolkit=1.16.2-1=installed"
    state = daemon.hidden(daemon.read(text, [daemon])[daemon.key])
    assert [change.attribute for change in daemon.compare(state, RunOptions())] == [
        "active",
        "enabled",
    ]
    assert DockerPackages().hides(read_packages("")) == ("daemon:*",)


def test_a_hostile_version_is_no_version() -> None:
    state = read_packages("package docker.io 1.0 installed\nlists=yes")
    assert state.installed == {"docker.io": "1.0"}
    hostile = ("offer docker.io $(reboot)", "package docker.io 1;reboot installed", "fetch x -1")
    for text in hostile:
        with pytest.raises(FleetError, match="unexpected line"):
            read_packages(text)
