"""Look-ups in the catalog."""

from __future__ import annotations

import pytest

from jetfleet.catalog.images import NoImageError, default_image, image_by_ref
from jetfleet.catalog.l4t import (
    newest_of_jetpack,
    parse_nv_tegra_release,
    release,
    releases_of_jetpack,
)
from jetfleet.catalog.modules import module
from jetfleet.catalog.option_value import expected_value, whole_number
from jetfleet.catalog.power import find_mode, plain_mode, power_conf
from jetfleet.resources import PowerMode
from jetfleet.spec.image_ref import ImageRef
from tests.support.options import exists_in, options

ORIN = "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04"
THOR = "nvcr.io/nvidia/vllm:26.01-py3"


@pytest.mark.parametrize(
    ("text", "l4t"),
    [
        (
            (
                "# R36 (release), REVISION: 4.7, GCID: 42132812, BOARD: generic, EABI: aarch64, "
                "DATE: Thu Sep 18 22:54:44 UTC 2025\n# KERNEL_VARIANT: oot\n"
            ),
            "36.4.7",
        ),
        (
            (
                "# R39 (release), REVISION: 2.0, GCID: 45755727, BOARD: generic, EABI: aarch64, "
                "DATE: Mon Jun  1 09:28:48 PM UTC 2026"
            ),
            "39.2.0",
        ),
        ("", None),
        ("# R36", None),
    ],
)
def test_parse_nv_tegra_release(text: str, l4t: str | None) -> None:
    assert parse_nv_tegra_release(text) == l4t


@pytest.mark.parametrize(
    ("asked", "found"),
    [("36.4.5", "36.4.4"), ("36.9.0", "36.5.2"), ("38.1.0", "38.2.0"), ("41.0.0", "39.2.2")],
)
def test_an_unknown_release_falls_back_with_a_warning(asked: str, found: str) -> None:
    nearest = release(asked)
    assert nearest.value.l4t == found
    assert nearest.warning == f"L4T {asked} is not in the catalog; treated as L4T {found}"


def test_a_known_release_has_no_warning() -> None:
    assert release("36.4.3").warning is None


def test_releases_of_a_jetpack() -> None:
    assert [one.l4t for one in releases_of_jetpack("7.0")] == ["38.2.2", "38.2.1", "38.2.0"]
    assert releases_of_jetpack("6.2.0") == releases_of_jetpack("6.2")
    assert releases_of_jetpack("6.9") == ()
    newest = newest_of_jetpack("6.2.1", "orin")
    assert newest is not None
    assert newest.l4t == "36.4.7"
    assert newest_of_jetpack("6.2.1", "thor") is None


def test_modes_go_by_name() -> None:
    conf = power_conf("agx-orin-64gb", "36.4.3")
    assert conf is not None
    assert conf.mode("30W") == conf.mode("MODE_30W") == conf.mode("mode_30w") == conf.default
    assert conf.mode("60W") is None


@pytest.mark.parametrize(
    ("name", "l4t", "modes"),
    [
        ("orin-nano-super", "36.4.3", {0: "15W", 1: "25W", 2: "MAXN_SUPER"}),
        ("orin-nano-super", "36.4.7", {0: "15W", 1: "25W", 2: "MAXN_SUPER", 3: "7W"}),
        ("orin-nano-devkit", "36.4.3", {0: "15W", 1: "7W"}),
        ("agx-thor", "38.2.0", {0: "MAXN", 1: "120W"}),
        ("agx-thor", "39.2.1", {0: "MAXN", 1: "120W", 2: "90W", 3: "70W"}),
        ("agx-orin-32gb", "36.4.3", {0: "MAXN", 1: "MODE_15W", 2: "MODE_30W", 3: "MODE_40W"}),
    ],
)
def test_modes_by_release(name: str, l4t: str, modes: dict[int, str]) -> None:
    conf = power_conf(name, l4t)
    assert conf is not None
    assert {mode.id: mode.name for mode in conf.modes} == modes


def test_which_changes_need_a_reboot() -> None:
    conf = power_conf("agx-orin-64gb", "36.4.3")
    assert conf is not None
    boot = {mode.name: mode.boot for mode in conf.modes}
    assert boot["MAXN"] == boot["MODE_50W"] != boot["MODE_30W"] != boot["MODE_15W"]


def test_fewer_cores_of_an_orin_nx_8gb_need_a_reboot() -> None:
    conf = power_conf("orin-nx-8gb-super", "36.4.3")
    assert conf is not None
    boots = tuple((mode.name, mode.boot) for mode in conf.modes)
    assert PowerMode("MAXN_SUPER", boots).needs_reboot("15W")
    assert not PowerMode("MAXN_SUPER", boots).needs_reboot("20W")


@pytest.mark.parametrize(
    "name", ["7W_AI", "7W-AI", "7w_ai", "MODE_7W_AI", "mode 7w ai", "7 W AI", " 7W__AI "]
)
def test_each_spelling_of_a_mode_is_one_mode(name: str) -> None:
    conf = power_conf("orin-nano-4gb", "36.4.3")
    assert conf is not None
    assert conf.mode(name) == conf.modes[1]
    assert plain_mode(name) == "7W_AI"


def test_the_mode_that_is_spelled_alike_comes_first() -> None:
    assert find_mode("A-B", ["A_B", "A-B"]) == "A-B"
    assert find_mode("a b", ["A_B", "A-B"]) == "A_B"


def test_no_conf_where_no_source_names_one() -> None:
    assert power_conf("igx-orin", "36.4.3") is None


@pytest.mark.parametrize(
    ("soc", "l4t", "ref"),
    [
        ("thor", "38.2.0", THOR),
        ("orin", "36.4.3", ORIN),
        ("orin", "36.4.5", ORIN),
        ("orin", "39.2.1", "docker.io/vllm/vllm-openai:v0.20.0"),
        ("thor", "39.2.1", "docker.io/vllm/vllm-openai:v0.20.0"),
        ("orin", "41.0.0", "docker.io/vllm/vllm-openai:v0.20.0"),
    ],
)
def test_default_images(soc: str, l4t: str, ref: str) -> None:
    assert default_image("vllm", soc, l4t).ref.full == ref


@pytest.mark.parametrize(
    ("soc", "l4t"), [("orin", "36.3.0"), ("orin", "35.4.1"), ("xavier", "35.4.1")]
)
def test_no_image(soc: str, l4t: str) -> None:
    with pytest.raises(NoImageError, match="name one as `image`"):
        default_image("vllm", soc, l4t)


def test_images_by_reference() -> None:
    known = image_by_ref(ImageRef.parse(f"{ORIN}@sha256:{'0' * 64}"))
    assert known is not None
    assert known.ref.digest == f"sha256:{'0' * 64}"
    assert known.executable == ("/opt/venv/bin/vllm",)
    later = image_by_ref(ImageRef.parse("vllm/vllm-openai:v0.26.0"))
    assert later is not None
    assert later.version == "0.26.0"
    assert image_by_ref(ImageRef.parse("vllm/vllm-openai:v0.9.0")) is None
    assert image_by_ref(ImageRef.parse("ghcr.io/example/x:1")) is None


def test_option_tables_by_version() -> None:
    assert options("0.13.0").version == "0.13.0"
    assert options("0.12.3").version == "0.11.0"
    assert options("0.13.0+nv26.1").version == "0.13.0"
    assert options("0.1").version == "0.6.5"


@pytest.mark.parametrize(
    ("version", "name", "known"),
    [
        ("0.11.0", "max-model-len", True),
        ("0.11.0", "max_model_len", True),
        ("0.11.0", "no-enable-chunked-prefill", True),
        ("0.11.0", "limit-mm-per-prompt.image", True),
        ("0.8.1", "limit-mm-per-prompt.image", False),
        ("0.11.0", "max-model", False),  # a prefix
        ("0.11.0", "VLLM_SKIP_WARMUP", False),
        ("0.33.0", "disable-log-requests", True),
        ("0.20.0", "disable-log-requests", False),
    ],
)
def test_finding_options(version: str, name: str, known: bool) -> None:  # noqa: FBT001
    assert (options(version).find(name) is not None) is known


def test_where_options_exist_and_what_was_meant() -> None:
    assert exists_in("media-io-kwargs")[0] == "0.10.1.1"
    assert exists_in("VLLM_SKIP_WARMUP") == ()
    assert "max-model-len" in options("0.11.0").nearest("max-model-length")
    assert options("0.11.0").negation("enable-chunked-prefill") == "no-enable-chunked-prefill"
    assert options("0.11.0").negation("disable-log-stats") is None


@pytest.mark.parametrize("version", ["0.10.1.1", "0.11.0", "0.13.0", "0.20.0", "0.26.0", "0.33.0"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max-model-len", 8192),
        ("max-model-len", "8k"),
        ("media-io-kwargs", {"video": {"num_frames": -1}}),
        ("media-io-kwargs", '{"video": {"num_frames": -1}}'),
        ("reasoning-parser", "qwen3"),
        ("gpu-memory-utilization", 0.8),
        ("trust-remote-code", True),
        ("enforce-eager", True),
        ("max-num-batched-tokens", 256),
        ("max-num-seqs", 1),
        ("enable-chunked-prefill", True),
        ("limit-mm-per-prompt", {"image": 1, "video": 1}),
        ("mm-processor-kwargs", {"num_frames": 2, "max_pixels": 150528}),
        ("dtype", "auto"),
        ("served-model-name", ["a", "b"]),
        ("quantization", "fp8"),
    ],
)
def test_values_that_are_taken(version: str, name: str, value: object) -> None:
    option = options(version).find(name)
    assert option is not None
    assert expected_value(option, value) is None


@pytest.mark.parametrize(
    ("version", "name", "value", "expected"),
    [
        ("0.11.0", "max-model-len", "long", "a whole number, or text such as 8k"),
        ("0.11.0", "max-model-len", "auto", "a whole number, or text such as 8k"),
        ("0.20.0", "max-model-len", "auto", None),
        ("0.11.0", "max-num-seqs", True, "a whole number"),
        ("0.11.0", "max-num-seqs", "1", "a whole number"),
        ("0.11.0", "gpu-memory-utilization", "0.8", "a number"),
        ("0.11.0", "enforce-eager", "true", "true or false"),
        ("0.11.0", "enforce-eager", None, "a value: leave the option out to have its default"),
        ("0.11.0", "limit-mm-per-prompt", "image=1", "a mapping"),
        ("0.6.5", "limit-mm-per-prompt", "image=1", None),
        ("0.33.0", "tokenizer", 3, "text"),
        ("0.11.0", "max-num-seqs", [1], "a whole number"),
        ("0.11.0", "served-model-name", [], "at least one value"),
    ],
)
def test_values_that_are_checked(
    version: str, name: str, value: object, expected: str | None
) -> None:
    option = options(version).find(name)
    assert option is not None
    assert expected_value(option, value) == expected


@pytest.mark.parametrize(
    ("value", "number"),
    [(8192, 8192), ("8k", 8000), ("8K", 8192), ("1.5k", 1500), ("8", 8), ("x", None), (True, None)],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole_number(value) == number


def test_what_a_running_board_shows() -> None:
    nano = module("orin-nano-super")
    assert nano.memtotal_kib == 7619 * 1024
    assert nano.dt_compatible[0] == "nvidia,p3768-0000+p3767-0005-super"
    assert nano.super
    assert module("agx-thor").sm == 110


@pytest.mark.parametrize(
    "name", ["nvidia-ai-iot/vllm", "team/ghcr.io/nvidia-ai-iot/vllm", "proxy/nvidia-ai-iot/vllm"]
)
def test_an_image_of_a_mirror_is_called_like_the_one_that_it_mirrors(name: str) -> None:
    ref = ImageRef.parse(f"registry.lab:5000/{name}:{ORIN.rpartition(':')[2]}")
    known, mirrored = image_by_ref(ImageRef.parse(ORIN)), image_by_ref(ref)
    assert known is not None
    assert mirrored is not None
    assert (mirrored.ref, mirrored.executable) == (ref, known.executable)
    assert (mirrored.socs, mirrored.version, mirrored.default) == (known.socs, known.version, False)


def test_an_image_of_another_known_registry_is_no_mirror() -> None:
    tag = ORIN.rpartition(":")[2]
    assert image_by_ref(ImageRef.parse(f"docker.io/nvidia-ai-iot/vllm:{tag}")) is None
    assert image_by_ref(ImageRef.parse(f"registry.lab:5000/other-nvidia-ai-iot/vllm:{tag}")) is None
    assert image_by_ref(ImageRef.parse("registry.lab:5000/nvidia-ai-iot/vllm:other")) is None
