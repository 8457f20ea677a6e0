"""A board whose only way out is a proxy with a login, and whose images need a login too."""

from __future__ import annotations

import base64
import os
import secrets
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from ruamel.yaml import YAML

from jetfleet.steps.transient import transient_unit
from tests.support.canaries import leaks
from tests.support.docker_registry import PASSWORD, USER, Registry, registry
from tests.support.http_proxy import HttpProxy, http_proxy
from tests.support.lab import LLM, Lab, changed, no_reboot
from tests.support.lab_cli import Jetfleet
from tests.support.pyinfra import pyinfra
from twins.network import Network
from twins.paths import cache_dir
from twins.standins.registry.process import storage

HOST = "nano"
IMAGE = "nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04"
LOGINS = ("jet", f"canary 1/{secrets.token_hex(8)}"), ("jet", f"canary@2{secrets.token_hex(8)}")
FILES = (
    "/etc/jetfleet-proxy.env",
    "/etc/profile.d/jetfleet-proxy.sh",
    "/etc/apt/apt.conf.d/90jetfleet-proxy",
)


@dataclass
class Site:
    """A board behind a proxy, and the registry that it reaches through it."""

    lab: Lab
    proxy: HttpProxy
    images: Registry

    def environ(self, *, proxy: str, token: str = PASSWORD) -> dict[str, str]:
        """The secrets of a run."""
        return {"LAB_PROXY": proxy, "JETFLEET_TWIN_LAB_REGISTRY": token}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JETFLEET_TWIN_LAB_REGISTRY", PASSWORD)
        found: list[tuple[HttpProxy, Registry]] = []

        def begin(lab: Lab) -> None:
            network = Network(lab.fleet.plan.number)
            names = {name: (address, 443) for name, address in network.names().items()}
            proxy = running.enter_context(http_proxy(":".join(LOGINS[0]), names, network.gateway))
            images = running.enter_context(
                registry(
                    tmp_path_factory.mktemp("registry"), "basic",
                    address=network.gateway, storage=str(storage(cache_dir())),
                )
            )  # fmt: skip
            found.append((proxy, images))
            _write(lab, proxy, images, network.gateway)

        lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], no_reboot, before_lock=begin)
        ((proxy, images),) = found
        # Answers to SSH go out, and what is asked of the proxy.
        lab.sh(
            HOST,
            "iptables -I OUTPUT -p tcp ! -o lo -j REJECT --reject-with tcp-reset\n"
            f"iptables -I OUTPUT -p tcp --dport {proxy.port} -j ACCEPT\n"
            "iptables -I OUTPUT -p tcp --sport 22 -j ACCEPT\n"
            "iptables -I OUTPUT -p tcp --sport 8000 -j ACCEPT",
        )
        yield Site(lab, proxy, images)
        lab.down()


def _write(lab: Lab, proxy: HttpProxy, images: Registry, gateway: str) -> None:
    yaml = YAML()
    spec = yaml.load(lab.spec.read_text(encoding="utf-8"))
    url = f"http://{gateway}:{proxy.port}"
    spec["defaults"]["proxy"] = {
        "http": url, "https": url, "user": LOGINS[0][0], "password": {"env": "LAB_PROXY"},
    }  # fmt: skip
    login = {"user": USER, "password": {"env": "LAB_REGISTRY"}, "insecure": True}
    spec["defaults"]["registries"] = {images.host: login}
    cosmos = {"image": f"{images.host}/{IMAGE}", "proxy": True}
    spec["hosts"][HOST]["services"] = {"cosmos": cosmos}
    with lab.spec.open("w", encoding="utf-8") as out:
        yaml.dump(spec, out)


def test_a_wrong_login_of_the_registry_is_named(site: Site) -> None:
    environ = site.environ(proxy=LOGINS[0][1], token="wrong-canary")  # noqa: S106 - made up
    ran = site.lab.apply(environ=environ)
    assert ran.status == 1
    said = " ".join(ran.log.split())
    assert f"{site.images.host} refuses the login of {USER}" in said, said[-3000:]
    assert "wrong-canary" not in said


def test_image_and_model_come_through_the_proxy(site: Site) -> None:
    environ = site.environ(proxy=LOGINS[0][1])
    ran = site.lab.apply(environ=environ)
    assert ran.status == 0, ran.log[-4000:]
    asked = set(site.proxy.asked)
    assert site.images.host in asked
    assert any("ngc" in one for one in asked), asked
    assert site.proxy.carried > 6 * 2**20
    assert site.lab.chat(HOST)
    # The variables of the container, for what a server itself downloads.
    container = site.lab.sh(HOST, "docker exec cosmos env")
    assert f"https_proxy=http://jet:{quote(LOGINS[0][1], safe='')}@" in container
    again = site.lab.apply(environ=environ)
    assert changed(again, HOST) == [], again.log[-4000:]


def test_no_login_is_left_on_the_board(site: Site) -> None:
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    patterns = " ".join(f"-e {shlex.quote(one)}" for one in (PASSWORD, login))
    places = "/etc /run /var/lib/jetfleet /var/log /tmp /root /home /usr/local"
    found = site.lab.sh(HOST, f"grep -rsIlF {patterns} {places}; true")
    assert not found.split(), found
    assert not site.lab.sh(HOST, "ls -d /run/jetfleet-pull-* 2>/dev/null; true").split()
    assert "canary" not in site.lab.sh(HOST, "journalctl -q --no-pager -o cat")
    proxied = quote(LOGINS[0][1], safe="")
    holders = site.lab.sh(HOST, f"grep -rsIlF {shlex.quote(proxied)} {places}; true").split()
    # Where containerd runs a container, it keeps its variables in a folder of root.
    ours = [path for path in holders if not path.startswith("/run/containerd/")]
    assert set(ours) == {*FILES, "/etc/jetfleet/cosmos/env"}
    modes = site.lab.sh(HOST, f"stat -c '%a %U' {' '.join(ours)}").splitlines()
    assert set(modes) == {"600 root"}
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups cat"
    assert site.lab.holds(HOST, f"{nobody} /etc/hostname")
    assert [path for path in holders if site.lab.holds(HOST, f"{nobody} {path}")] == []


def test_a_login_goes_with_its_unit_however_that_ends(site: Site) -> None:
    folder = "/run/jetfleet-pull-test"
    script = 'echo canary > "$RUNTIME_DIRECTORY/config.json"; sleep 100\n'
    site.lab.sh(HOST, transient_unit("jetfleet-pull-test", "Test", script, private=True))
    site.lab.sh(HOST, f"i=0; until [ -s {folder}/config.json ]; do sleep 0.1; done")
    assert site.lab.sh(HOST, f"stat -c '%a %U' {folder}").strip() == "700 root"
    site.lab.sh(HOST, "systemctl kill -s KILL jetfleet-pull-test; sleep 1")
    assert not site.lab.holds(HOST, f"[ -e {folder} ]")


def test_another_password_restarts_what_has_the_old_one(site: Site, tmp_path: Path) -> None:
    old, new = (quote(password, safe="") for _, password in LOGINS)
    site.proxy.login = ":".join(LOGINS[1])
    environ = site.environ(proxy=LOGINS[1][1])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        planned = Jetfleet(site.lab, tmp_path)("plan", "--diff", status=2)
    ran = site.lab.apply(environ=environ)
    assert ran.status == 0, ran.log[-4000:]
    assert "docker | Configure Docker (/etc/docker/daemon.json)" in changed(ran, HOST)
    engine = site.lab.sh(HOST, "tr '\\0' '\\n' < /proc/$(pidof dockerd)/environ")
    assert new in engine
    assert old not in engine
    said = {"plan": planned.out + planned.err, "apply": ran.log}
    assert leaks([password for _, password in LOGINS], said) == []
    assert changed(site.lab.apply(environ=environ), HOST) == []


def test_without_the_password_nothing_differs(site: Site) -> None:
    environ = {k: v for k, v in os.environ.items() if k not in site.environ(proxy="")}
    dry = pyinfra(site.lab.inventory, LLM, "--dry", environ={**environ, "LAB_PROXY": ""})
    assert dry.status == 0, dry.log[-3000:]
    assert "will change" not in dry.log
