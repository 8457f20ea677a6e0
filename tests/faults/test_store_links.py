"""Links that a container, or the owner of an Ollama store, sows in it: root follows none of them.

Rows 95, 96 and 97 of the faults that were tried on twins, and their siblings.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, Spec, no_reboot

HOST, NAME = "nano-ollama", "ollama"
STORE = "/mnt/nvme/models/ollama"
INSIDE = "/ollama/models"
FOLDER = "manifests/registry.ollama.ai/library/smollm2"
MANIFEST = f"{FOLDER}/135m"
VICTIMS = "/etc/victim /etc/victims /etc/victims/file"
FACTS = f"stat -c '%n %a %U %G %h %s' {VICTIMS}; cat /etc/victim; ls /etc/victims"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A board whose Ollama serves one small model."""

    def small(spec: Spec) -> None:
        no_reboot(spec)
        host = spec["hosts"][HOST]
        host["services"] = {NAME: {"runtime": "ollama", "models": ["smollm2-135m"]}}

    lab = Lab.up(tmp_path_factory.mktemp("links"), [HOST], small, whole=True)
    try:
        lab.converge()
        lab.sh(
            HOST,
            "umask 077; mkdir /etc/victims; echo precious > /etc/victim; : > /etc/victims/file",
        )
        yield lab
    finally:
        lab.down()


@pytest.fixture
def lab(first: Lab) -> Iterator[Lab]:
    """The board, whose victims are as before when the test has ended."""
    before = first.sh(HOST, FACTS)
    yield first
    assert first.sh(HOST, FACTS) == before
    first.sh(HOST, f"chown -R root:root {STORE}")
    first.converge()
    assert first.plan() == {}


def in_container(lab: Lab, script: str) -> None:
    """Run a script as the container's root, who reaches the store alone."""
    lab.sh(HOST, f"docker exec {NAME} sh -c 'cd {INSIDE} && {script}'")


def blob(lab: Lab) -> str:
    """The largest blob of the store."""
    return lab.sh(HOST, f"ls -S {STORE}/blobs | head -n 1").strip()


@pytest.mark.parametrize("target", ["/etc/victim", "/etc/victims", "/etc/none", "/dev/zero"])
def test_a_link_in_place_of_a_file_is_replaced(lab: Lab, target: str) -> None:
    """Row 95: a link at the name of a new file, and at the file itself."""
    name = blob(lab)
    in_container(lab, f"rm -f blobs/{name} && ln -s {target} blobs/{name}")
    in_container(lab, f"ln -s {target} blobs/.jetfleet-new")
    lab.sh(HOST, f"rm {STORE}/{MANIFEST} && ln -s {target} {STORE}/{MANIFEST}")
    lab.sh(HOST, f"ln -s {target} {STORE}/{FOLDER}/.jetfleet-new")
    ran = lab.apply()
    assert ran.status == 0, ran.log[-2000:]
    assert lab.holds(HOST, f"[ -f {STORE}/{MANIFEST} ] && [ ! -L {STORE}/{MANIFEST} ]")
    assert not lab.holds(HOST, f"find {STORE} -type l | grep .")


@pytest.mark.parametrize("owner", ["root", "nvidia"])
def test_a_link_in_place_of_a_folder_is_refused_by_name(lab: Lab, owner: str) -> None:
    """Rows 96 and 97: in a store of another user, as for an Ollama that is installed."""
    lab.sh(HOST, f"chown -R {owner} {STORE}; mv {STORE}/blobs {STORE}/kept")
    lab.sh(HOST, f"ln -s /etc/victims {STORE}/blobs; chown -h {owner} {STORE}/blobs")
    try:
        ran = lab.apply()
        assert ran.status == 1
        assert f"{STORE}/blobs is a link, which root does not follow" in ran.log
    finally:
        lab.sh(HOST, f"rm {STORE}/blobs && mv {STORE}/kept {STORE}/blobs")


def test_what_is_new_in_a_store_of_another_user_is_theirs(lab: Lab) -> None:
    lab.sh(HOST, f"chown -R nvidia {STORE}; rm {STORE}/{MANIFEST}")
    lab.converge()
    assert lab.sh(HOST, f"stat -c %U {STORE}/{MANIFEST}").strip() == "nvidia"


def test_a_fifo_in_place_of_a_manifest_holds_nobody(lab: Lab) -> None:
    lab.sh(HOST, f"rm {STORE}/{MANIFEST} && mkfifo {STORE}/{MANIFEST}")
    assert lab.plan(), "it differs, and a survey does not wait for it"


def test_the_container_cannot_change_manifests(lab: Lab) -> None:
    script = f"rm {INSIDE}/{MANIFEST} || ln -s /etc/victim {INSIDE}/{FOLDER}/.jetfleet-new"
    script += f" || mv {INSIDE}/manifests {INSIDE}/other"
    assert not lab.holds(HOST, f"docker exec {NAME} sh -c '{script}'")
