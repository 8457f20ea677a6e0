"""References of images and sources of models: one normal form each, from the loading of a spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.catalog.image_choice import image_of
from jetfleet.catalog.modules import l4t_of
from jetfleet.errors import FleetError
from jetfleet.hubs.ollama.spec import name_of
from jetfleet.resources import Image
from jetfleet.spec.image_ref import ImageRef
from jetfleet.spec.load import load
from jetfleet.spec.source import Source
from tests.support.rendered import of

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("busybox:1", "docker.io/library/busybox:1"),
        ("busybox", "docker.io/library/busybox:latest"),
        ("vllm/vllm-openai:v0.20.0", "docker.io/vllm/vllm-openai:v0.20.0"),
        ("localhost/x:1", "localhost/x:1"),
        ("registry.lan:5000/a/b:1", "registry.lan:5000/a/b:1"),
        ("registry.lan:5000/a/b", "registry.lan:5000/a/b:latest"),
        (f"nvcr.io/nvidia/vllm@{DIGEST}", f"nvcr.io/nvidia/vllm@{DIGEST}"),
        (f"vllm/x:1@{DIGEST}", f"docker.io/vllm/x:1@{DIGEST}"),
    ],
)
def test_references_have_one_form(text: str, full: str) -> None:
    ref = ImageRef.parse(text)
    assert ref.full == full
    assert ImageRef.parse(full) == ref
    assert hash(ImageRef.parse(full)) == hash(ref)
    assert str(ref) in {text, f"{text}:latest"}


@pytest.mark.parametrize("text", ["", ":", "@", "/", "a//b", ":::@@", "é/\x1b:x"])
def test_any_text_of_a_board_is_read(text: str) -> None:
    assert isinstance(ImageRef.parse(text).full, str)


def test_sources_are_read_once() -> None:
    source = Source.parse("hf:org/name@main")
    assert (source.hub, dict(source.parts)) == ("hf", {"name": "org/name", "revision": "main"})
    assert str(source) == "hf:org/name@main"
    assert name_of(Source.parse("ollama:ns/qwen3")) == "ns/qwen3:latest"
    with pytest.raises(ValueError, match="svn:x"):
        Source.parse("svn:x")


def spec_of(image: str) -> str:
    return f"""
version: 1
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.12
    services: {{any: {{runtime: container, image: "{image}", probe: {{port: 8100}}}}}}
"""


def test_a_spec_holds_references(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(spec_of("busybox:1"))
    (service,) = load(path).hosts[0].services
    assert service.image == ImageRef.parse("docker.io/library/busybox:1")
    assert str(service.image) == "busybox:1"


@pytest.mark.parametrize(
    ("image", "key", "reference", "tag"),
    [
        (f"busybox@{DIGEST}", f"image:docker.io/library/busybox@{DIGEST}",
         f"docker.io/library/busybox@{DIGEST}", ""),
        (f"busybox:1@{DIGEST}", "image:docker.io/library/busybox:1",
         f"docker.io/library/busybox@{DIGEST}", "1"),
    ],
)  # fmt: skip
def test_a_digest_of_the_spec_is_what_runs(
    tmp_path: Path, image: str, key: str, reference: str, tag: str
) -> None:
    found = of(tmp_path, spec_of(image), "orin")[key]
    assert isinstance(found, Image)
    assert found.reference == reference
    assert found.tag == tag


def test_a_known_image_keeps_the_digest_of_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    image = f"nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3@{DIGEST}"
    text = spec_of(image).replace("runtime: container", "runtime: triton")
    path.write_text(text.replace(", probe: {port: 8100}", ""))
    host = load(path).hosts[0]
    known = image_of(host, host.services[0])
    assert known.version == "25.08"
    assert known.ref.digest == DIGEST
    plain = replace(known.ref, digest="")
    assert known.ref != plain


def test_the_release_of_a_host_is_the_newest_of_its_jetpack(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(spec_of("busybox:1"))
    host = load(path).hosts[0]
    assert l4t_of(host) == "36.4.3"
    assert l4t_of(host.model_copy(update={"l4t": "36.4.4"})) == "36.4.4"
    with pytest.raises(FleetError, match=r"host orin: there is no L4T release of JetPack 9\.0"):
        l4t_of(host.model_copy(update={"jetpack": "9.0"}))
