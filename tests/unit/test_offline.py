"""A host with `offline`: what it wants, and the steps that take it from its bundle alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bundle.bundles import Bundles
from jetfleet.errors import FleetError
from jetfleet.lock import Lock
from jetfleet.resources import Image, Model, ModelFile, Package, PackageVersion, Venv
from jetfleet.resources.base import RunOptions
from jetfleet.resources.image import ImageState
from jetfleet.resources.model import ImageFiles, ModelState
from jetfleet.spec.model import HostSpec
from jetfleet.steps import LinkResolver, Links, Result, Run, Step, StepFailed, Steps, Upload, Watch
from jetfleet.steps.bundle import Bundle, BundleFile, packages_purpose
from tests.support.rendered import of
from tests.support.specs import problems

HOST = {"module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.1", "docker": {}}
SERVICE = {
    "runtime": "container",
    "image": f"registry.lab:5000/Own/app@sha256:{'a' * 64}".lower(),
    "probe": {"port": 80},
}
HERE, THERE = {"bundle": "bundle"}, {"bundle": "/media/usb/bundle", "on": "board"}
DIGEST = "sha256:" + "a" * 64
NEAR = "127.0.0.1:8471/registry.lab_5000/own/app"
ROOMY = "1000000000000\n"


def wanted(folder: Path, **more: Any) -> dict[str, Any]:
    host = {**HOST, "services": {"x": SERVICE}, **more}
    models = {"m": {"source": "hf:org/x"}}
    return of(folder, json.dumps({"version": 1, "models": models, "hosts": {"a": host}}), "a")


def bundle(*names: str, on_board: bool = False) -> Bundle:
    """A bundle with these files for each purpose."""
    files = [BundleFile(f"x/{name}", 5, "a" * 64, Path(f"/srv/bundle/{name}")) for name in names]
    folder = THERE["bundle"] if on_board else "/srv/bundle"
    return Bundle(folder, on_board, "f" * 64, "36.4.3", lambda _: files)


def resolver(of: Bundle) -> LinkResolver:
    return LinkResolver(lambda *_: Links({}), bundle=of)


def taken(steps: Steps, *answers: str) -> list[Step]:
    """The steps, if the board answers so; each later answer is empty."""
    found: list[Step] = []
    said: Iterator[str] = iter(answers)
    try:
        step = next(steps)
        while True:
            found.append(step)
            step = steps.send(Result(ok=True, out=next(said, "")))
    except StopIteration:
        return found


def text(steps: list[Step]) -> str:
    return "\n".join(step.script for step in steps if isinstance(step, (Run, Watch)))


def test_an_image_has_the_name_of_the_boards_own_registry(tmp_path: Path) -> None:
    image = wanted(tmp_path, offline=HERE)[f"image:registry.lab:5000/own/app@{DIGEST}"]
    assert image.reference == f"{NEAR}@{DIGEST}"
    assert image.id == f"registry.lab:5000/own/app@{DIGEST}"
    run = wanted(tmp_path, offline=HERE)["file:/etc/jetfleet/x/run"].content
    assert f"{NEAR}@{DIGEST}" in run
    online = wanted(tmp_path)["file:/etc/jetfleet/x/run"].content
    assert "127.0.0.1:8471" not in online


def test_nothing_is_fetched_and_aria2_is_not_wanted(tmp_path: Path) -> None:
    models = {"use": ["m"]}
    assert "package:aria2" in wanted(tmp_path, models=models)
    found = wanted(tmp_path, models=models, offline=HERE)
    assert "package:aria2" not in found
    assert found["model:m"].offline
    assert found["model:m"].filled_by_hand == ""
    there = wanted(tmp_path, models=models, offline=THERE)["model:m"]
    assert there.filled_by_hand == f"/media/usb/bundle/models/m/{there.revision}"


def test_no_clock_and_no_internet_is_needed(tmp_path: Path) -> None:
    for offline in (HERE, THERE):
        found = wanted(tmp_path, models={"use": ["m"]}, offline=offline, monitoring={"jtop": True})
        for one in found.values():
            if isinstance(one, (Image, Model, Venv)):
                absent = _absent(one)
                changes = one.compare(absent, RunOptions())
                assert not one.uses_tls(changes), one.key
                assert one.shares == "", one.key
                assert not one.effects(absent, changes).internet, one.key


def _absent(one: Image | Model | Venv) -> Any:
    if isinstance(one, Image):
        return ImageState(present=False, tagged=False)
    return False if isinstance(one, Venv) else ModelState({}, {}, free=10**13)


def test_the_path_on_a_board_is_whole(tmp_path: Path) -> None:
    host = {**HOST, "offline": {"bundle": "bundle", "on": "board"}}
    (found,) = problems(tmp_path, {}, {"a": host})
    assert "expected an absolute path, such as /mnt/usb/bundle" in str(found)
    host = {**HOST, "offline": {"bundle": "/mnt/../etc", "on": "board"}}
    assert problems(tmp_path, {}, {"a": host})


def host_of(offline: Any) -> HostSpec:
    return HostSpec.model_validate({"name": "a", **HOST, "offline": offline})


def test_a_lock_without_a_bundle_is_named(tmp_path: Path) -> None:
    host = host_of(HERE)
    bundles = Bundles(Lock(), tmp_path, tmp_path / "lab.yaml")
    with pytest.raises(FleetError, match=r"a is offline, and the lock names no bundle: run `jetf"):
        bundles.resolver(host, host.offline)  # type: ignore[arg-type]


@pytest.mark.parametrize("offline", [HERE, THERE])
def test_links_of_a_hub_are_never_asked_for(tmp_path: Path, offline: Any) -> None:
    host = host_of(offline)
    made = Bundles(Lock(bundle="f" * 64), tmp_path, tmp_path / "lab.yaml")
    found = made.resolver(host, host.offline)  # type: ignore[arg-type]
    assert found.bundle is not None
    assert found.bundle.release == "36.4.3"
    if found.bundle.on_board:
        assert found.links("m", ["a"], False) == Links({})  # noqa: FBT003 - as it is called
    else:
        assert found.bundle.folder == str(tmp_path / "bundle")
        with pytest.raises(FleetError, match=r"has no index bundle\.json that can be read"):
            found.bundle.files("model m")


@pytest.mark.parametrize("package", [Package("jq"), PackageVersion("jq", "1.6*")])
def test_a_package_comes_from_the_bundle_alone(package: Package | PackageVersion) -> None:
    asked = bundle("jq_1.6_arm64.deb", "libjq1_1.6_arm64.deb")
    steps = package.steps("absent", (), RunOptions(), resolver(asked))
    found = taken(steps, f"{ROOMY}libjq1_1.6_arm64.deb\n")
    (sent,) = [step for step in found if isinstance(step, Upload)]
    place = f"/var/cache/jetfleet/{'f' * 12}/packages-36.4.3"
    assert (sent.local, sent.remote) == (
        "/srv/bundle/libjq1_1.6_arm64.deb",
        f"{place}/libjq1_1.6_arm64.deb",
    )
    script = text(found)
    assert "Dir::Etc::SourceParts=/dev/null" in script
    assert f"cd -- {place}" in script
    *_, update, repair, install = script.splitlines()
    assert update == "$apt update"
    assert repair.startswith("$apt --no-remove -f install ")
    assert install.startswith("$apt --no-install-recommends ")


def test_a_bundle_without_the_packages_is_named() -> None:
    steps = Package("jq").steps("absent", (), RunOptions(), resolver(bundle()))
    with pytest.raises(StepFailed, match=f"has nothing for {packages_purpose('36.4.3')}: make it"):
        taken(steps)


def test_files_that_do_not_fit_are_not_sent() -> None:
    steps = Package("jq").steps("absent", (), RunOptions(), resolver(bundle("jq_1_arm64.deb")))
    with pytest.raises(StepFailed, match=r"1 KiB do not fit into .* where 1 KiB are free"):
        taken(steps, "7\njq_1_arm64.deb\n")


def test_wheels_come_from_the_bundle_alone() -> None:
    venv = Venv("jtop", "distro==1 --hash=sha256:0\n", offline=True)
    asked = resolver(bundle("distro-1-py3-none-any.whl"))
    found = taken(venv.steps(False, (), RunOptions(), asked), ROOMY)  # noqa: FBT003 - the state
    folder = f"/var/cache/jetfleet/{'f' * 12}/wheels"
    assert f"--no-index --find-links {folder} -r " in text(found)
    online = text(taken(venv.steps(False, (), RunOptions(), LinkResolver(lambda *_: Links({})))))  # noqa: FBT003
    assert "--no-index" not in online


NAMED = f"image-app-{'a' * 12}"
FILES = ImageFiles(
    name=NAMED, revision="a" * 12, source="", directory="/models", files=(), offline=True,
    image="registry.lab:5000/own/app:1",
)  # fmt: skip
IMAGE = Image("registry.lab:5000/own/app", "1", DIGEST, 5, near=FILES)
ENDED = "ActiveState=inactive\nResult=success\n-- log\nbytes=5\n"
ABSENT_IMAGE = ImageState(present=False, tagged=False)


def pull(of: Bundle, *answers: str) -> list[Step]:
    changes = IMAGE.compare(ABSENT_IMAGE, RunOptions())
    return taken(IMAGE.steps(ABSENT_IMAGE, changes, RunOptions(), resolver(of)), *answers)


def test_the_blobs_of_an_image_are_sent_checked_served_and_removed() -> None:
    digits = "a" * 64
    answers = (ROOMY, "inactive", f"{digits}\n", "", "", ENDED, "", f"{ENDED}pulled=yes\n")
    found = pull(bundle("manifest"), *answers)
    (sent,) = [step for step in found if isinstance(step, Upload)]
    assert sent.remote == f"/models/.fetching/{NAMED}/{'a' * 12}/{digits}"
    script = text(found)
    folder = f"/models/{NAMED}/{'a' * 12}"
    assert f'"folders": ["{folder}"]' in script.replace("\\", "")
    assert f"set -- {NEAR}@{DIGEST} " in script
    assert f"docker tag {NEAR}@{DIGEST} registry.lab:5000/own/app:1\\n" in script
    title = "Remove the blobs of registry.lab:5000/own/app:1"
    assert found[-1] == Run(f"rm -rf -- /models/{NAMED}\n", title, joined=True)


def test_an_image_that_the_bundle_does_not_have_is_named() -> None:
    missing = replace(bundle(), files=lambda _: ())
    with pytest.raises(
        StepFailed, match=r"/srv/bundle does not have the blobs of the image registry.lab:5"
    ):
        pull(missing, ROOMY)


def test_a_bundle_on_the_board_is_served_where_it_is() -> None:
    found = pull(bundle(on_board=True), ROOMY, "", "", f"{ENDED}pulled=yes\n")
    assert not [step for step in found if isinstance(step, Upload)]
    assert '"folders": ["/media/usb/bundle/images/blobs/sha256"]' in text(found).replace("\\", "")


def test_a_model_that_differs_on_the_disk_is_named() -> None:
    model = Model("m", "r1", "hf:x/y", "/models", (ModelFile("w.bin", 5, "a" * 64),), offline=True)
    state = ModelState({}, {}, free=10**13)
    steps = model.steps(state, (), RunOptions(), resolver(bundle(on_board=True)))
    with pytest.raises(StepFailed, match=r"usb/bundle: models/m/r1/w.bin is missing or differs"):
        taken(steps, "inactive", "w.bin\n")


def test_a_host_keeps_its_image_whatever_it_is_pulled_from() -> None:
    online = replace(IMAGE, near=None)
    assert IMAGE.key == online.key
    said = json.dumps({"Id": "1", "RepoDigests": [IMAGE.reference], "RepoTags": [IMAGE.id]})
    state = Image.read(said, [IMAGE])[IMAGE.key]
    assert (state.present, state.tagged) == (True, True)
    assert not Image.read(said, [online])[IMAGE.key].present
