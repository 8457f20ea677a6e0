"""Boards set up by hand with the literal commands of the sources: adopted, their plan is empty."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.lab import LLM, Lab, Spec, until
from tests.support.pyinfra import BIN, ROOT, changes_in, pyinfra
from tests.twins.handmade_boards import adopt, answers, boards, by_hand, download, fingerprint, run

HOSTS = ["orin", "thor", "orin-nano"]


def with_the_nano_of_source_002(spec: Spec) -> None:
    """Source 002's board: an Orin Nano with L4T 36.2.0."""
    spec["boards"]["nano"] = {"module": "orin-nano-devkit", "jetpack": "6.0-dp", "l4t": "36.2.0"}
    spec["hosts"]["orin-nano"] = {"board": "nano", "address": "192.0.2.22"}
    del spec["defaults"]["services"]
    spec["hosts"]["thor"].pop("services")
    for group in spec["groups"].values():
        group.pop("services")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The boards of sources 001 (option B), 002 and 003, set up by hand."""
    folder = tmp_path_factory.mktemp("by-hand")
    lab = boards(folder, ["orin", "thor"], with_the_nano_of_source_002)
    try:
        source_001(lab, "orin")
        source_002(lab, "orin-nano")
        source_003(lab, "thor")
        yield lab
    finally:
        lab.down()


def source_001(lab: Lab, host: str) -> None:
    """https://huggingface.co/blog/nvidia/cosmos-on-jetson, option B.

    Adapted: the NGC CLI is a large download, so the folder is made under the name that it gives;
    nobody sits at the terminal of `docker run -it`, so it runs with `-d` too and what is typed
    inside is given to `docker exec`; `sysctl` would act on the workstation's kernel.
    """
    by_hand(lab, host, "mkdir -p ~/Projects/CosmosReason")
    download(
        lab,
        host,
        "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8",
        "/home/nvidia/Projects/CosmosReason/cosmos-reason2-2b_v1208-fp8-static-kv8",
    )
    by_hand(
        lab,
        host,
        """sudo usermod -aG docker $USER
sudo docker pull -q ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04
MODEL_PATH="$HOME/Projects/CosmosReason/cosmos-reason2-2b_v1208-fp8-static-kv8"
sudo docker run -d --rm -it \\
  --runtime nvidia \\
  --network host \\
  -v "$MODEL_PATH:/models/cosmos-reason2-2b:ro" \\
  -e NVIDIA_VISIBLE_DEVICES=all \\
  -e NVIDIA_DRIVER_CAPABILITIES=compute,utility \\
  ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04 \\
  bash
sudo docker exec -d $(sudo docker ps -q) bash -c 'cd /opt/
. venv/bin/activate

exec vllm serve /models/cosmos-reason2-2b \\
  --max-model-len 8192 \\
  --media-io-kwargs "{\\"video\\": {\\"num_frames\\": -1}}" \\
  --reasoning-parser qwen3 \\
  --gpu-memory-utilization 0.8'
""",
    )
    answers(lab, host)


INSTALLED_UNIT = """[Unit]
Description=Ollama Service
After=network-online.target

[Service]
ExecStart=/usr/local/bin/ollama serve
User=ollama
Group=ollama
Restart=always
RestartSec=3
Environment="PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

[Install]
WantedBy=default.target
"""


def source_002(lab: Lab, host: str) -> None:
    """Ollama on an Orin Nano, natively (its 1.2) and then in a container (its 5.2).

    Adapted: of install.sh only what it does on a board of JetPack 6 is done, archives from the
    release that it would take; `jetson-containers build` compiles for an hour, so the image is
    built on a ready one under the name that it gives, and `jetson-containers run` is written as
    the `docker run` that it makes (of its mounts those that a twin has); both servers run at once
    here, so the second has a port of its own. The NVMe, which the source has for its workspace, is
    formatted and mounted by hand.
    """
    release = "https://github.com/ollama/ollama/releases/download/v0.6.8"
    lab.sh(host, f"cat > /etc/systemd/system/ollama.service <<'END'\n{INSTALLED_UNIT}END\n")
    by_hand(
        lab,
        host,
        f"""sudo mkfs.ext4 -q -F /dev/nvme0n1
sudo mkdir -p /mnt/nvme
echo "UUID=$(sudo blkid -s UUID -o value /dev/nvme0n1) /mnt/nvme ext4 defaults,noatime 0 2" |
  sudo tee -a /etc/fstab
sudo mount /mnt/nvme
for bundle in ollama-linux-arm64 ollama-linux-arm64-jetpack6; do
  curl -fsSL {release}/$bundle.tgz | sudo tar -xzf - -C /usr/local
done
sudo useradd -r -s /bin/false -U -m -d /usr/share/ollama ollama
sudo usermod -a -G video ollama
sudo usermod -a -G ollama $(whoami)
sudo systemctl daemon-reload
sudo systemctl enable -q ollama
sudo systemctl restart ollama
sudo usermod -aG docker $USER
sudo mkdir -p /mnt/nvme/workspace/ollama
printf 'FROM docker.io/dustynv/ollama:0.6.8-r36.4-cu126-22.04\\nLABEL built=here\\n' |
  sudo docker build -q -t ollama:r36.2.0-cu122-22.04 -
sudo docker run -d --runtime nvidia --env NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics \\
  -it --rm --network host --shm-size=8g \\
  --volume /etc/nv_tegra_release:/etc/nv_tegra_release \\
  --volume /var/run/docker.sock:/var/run/docker.sock \\
  --volume /mnt/nvme/workspace/jetson-containers/data:/data \\
  -v /etc/localtime:/etc/localtime:ro \\
  --name ollama-container \\
  --volume /mnt/nvme/workspace/ollama:/models \\
  --publish 11434:11434 \\
  -e OLLAMA_HOST=0.0.0.0:11435 -e OLLAMA_NUM_PARALLEL=1 \\
  -e HF_TOKEN=hf_canaryCANARYcanary1234 \\
  ollama:r36.2.0-cu122-22.04
""",
    )
    answers(lab, host, "/api/tags", 11434)
    answers(lab, host, "/api/tags", 11435)
    by_hand(
        lab,
        host,
        """ollama pull qwen2.5:1.5b
sudo docker exec ollama-container ollama pull qwen3:1.7b""",
    )


def source_003(lab: Lab, host: str) -> None:
    """vLLM and Triton on an AGX Thor: models of ModelScope, daemon.json, power mode and clocks.

    Adapted: the `modelscope` client is not on a twin, so the folder is filled as it leaves it; the
    mirror of daemon.json is written and nobody asks it, for images come from a local registry; what
    is typed inside of `docker run -it` is given to `docker exec`. Both containers, which the source
    calls `vllm` and runs one after the other, run at once, and Triton is started in its own as
    source 004 does, with ports of its own. A twin's memory at rest is less than the 0.9 of it that
    vLLM takes by default, so it is made what a board has after the source's drop_caches.
    """
    lab.sh(
        host,
        "sed 's/^MemAvailable:.*/MemAvailable: 126000000 kB/' /usr/lib/twin/meminfo "
        "> /run/twin/meminfo",
    )
    by_hand(lab, host, "sudo mkdir -p /home/lnsoft/wjj && sudo chown -R $USER /home/lnsoft")
    models = "/home/lnsoft/wjj/models"
    download(lab, host, "modelscope:Qwen/Qwen3-8B", f"{models}/Qwen/Qwen3-8B")
    by_hand(
        lab,
        host,
        """sudo docker pull -q nvcr.io/nvidia/vllm:25.09-py3
sudo tee /etc/docker/daemon.json <<'END'
{
    "runtimes": {
        "nvidia": {
            "args": [],
            "path": "nvidia-container-runtime"
        }
    },
    "registry-mirrors": [
        "https://docker.xuanyuan.me"
    ]
}
END
sudo systemctl restart docker
sudo usermod -aG docker $USER
sudo nvpmodel -m 0
sudo jetson_clocks
sudo docker run -d -it --rm \\
  --ipc=host \\
  --net=host \\
  --runtime=nvidia \\
  --name=vllm \\
  -v /home/lnsoft/wjj/models:/models \\
  -v ~/.cache/huggingface:/root/.cache/huggingface \\
  -v ~/.cache/modelscope:/root/.cache/modelscope \\
  nvcr.io/nvidia/vllm:25.09-py3 \\
  bash
sudo docker exec -d vllm vllm serve /models/Qwen/Qwen3-8B --served-model-name qwen3
sudo docker run -d -it --rm \\
  --ipc=host \\
  --net=host \\
  --runtime=nvidia \\
  --name=triton \\
  -v /home/lnsoft/wjj/models:/models \\
  -v ~/.cache/huggingface:/root/.cache/huggingface \\
  -v ~/.cache/modelscope:/root/.cache/modelscope \\
  nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3 \\
  bash
mkdir -p /home/lnsoft/wjj/models/model_repository
sudo docker exec -d triton tritonserver --model-repository /models/model_repository \\
  --model-control-mode=explicit --http-port 8100 --grpc-port 8101 --metrics-port 8102
""",
    )
    answers(lab, host)
    answers(lab, host, "/v2/health/live", 8100)


def adopted(lab: Lab, host: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Adopt a board, see that the plan is empty and that nothing changed it; return its spec."""
    before = fingerprint(lab, host)
    path, said = adopt(lab, host, folder)
    assert changes_in(run(path, "--dry")) == {}
    planned = subprocess.run([BIN / "jetfleet", "plan", path], cwd=ROOT, check=False)
    assert planned.returncode == 0
    assert fingerprint(lab, host) ^ before == set()
    run(path, "-y")
    assert fingerprint(lab, host) ^ before == set()
    (body,) = YAML(typ="safe").load(path)["hosts"].values()
    return body, said


def test_source_001_is_adopted_with_an_empty_plan(lab: Lab, tmp_path: Path) -> None:
    host, said = adopted(lab, "orin", tmp_path)
    assert (host["module"], host["l4t"]) == ("agx-orin-64gb", "36.4.3")
    (service,) = host["adopted"]["services"].values()
    assert service["model"] == "cosmos-reason2-2b"
    assert service["flags"]["media-io-kwargs"] == {"video": {"num_frames": -1}}
    assert "does not come back after a reboot" in said


def test_source_002_is_adopted_with_an_empty_plan(lab: Lab, tmp_path: Path) -> None:
    host, said = adopted(lab, "orin-nano", tmp_path)
    assert (host["module"], host["l4t"]) == ("orin-nano-devkit", "36.2.0")
    assert host["storage"] == {
        "device": "/dev/nvme0n1", "mount": "/mnt/nvme", "options": ["noatime"],
    }  # fmt: skip
    services = host["adopted"]["services"]
    assert {n: (s["runtime"], s["models"]) for n, s in services.items()} == {
        "ollama": ("ollama", ["qwen2.5-1.5b"]),
        "ollama-container": ("ollama", ["qwen3-1.7b"]),
    }
    assert services["ollama-container"]["image"] == "ollama:r36.2.0-cu122-22.04"
    assert services["ollama-container"]["env"]["HF_TOKEN"] == {"env": "HF_TOKEN"}
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "canary" not in (written + said).lower()


@pytest.mark.campaign
def test_source_003_is_adopted_with_an_empty_plan(lab: Lab, tmp_path: Path) -> None:
    host, said = adopted(lab, "thor", tmp_path)
    assert (host["module"], host["l4t"]) == ("agx-thor", "38.2.0")
    assert host["power"] == {"mode": "MAXN"}
    assert host["docker"]["daemon"]["registry-mirrors"] == ["https://docker.xuanyuan.me"]
    triton = host["adopted"]["services"]["triton"]
    assert (triton["runtime"], triton["flags"]["model-control-mode"]) == ("triton", "explicit")
    service = host["adopted"]["services"]["vllm"]
    assert (service["model"], service["served_name"]) == ("qwen3-8b", "qwen3")
    assert host["adopted"]["models"] == {"qwen3-8b": "/home/lnsoft/wjj/models/Qwen/Qwen3-8B"}
    assert "the clocks are locked until the next boot" in said


def test_what_a_person_changes_later_is_named_and_not_undone(lab: Lab, tmp_path: Path) -> None:
    spec, _ = adopt(lab, "orin", tmp_path)
    lab.sh("orin", "pkill -f '[v]llm serve'")
    until(lambda: not lab.holds("orin", "pgrep -f '[v]llm serve'"), "the server to end")
    ran = pyinfra(spec.with_suffix(".py"), LLM, "-y")
    assert ran.status == 1
    assert "set up by hand, has another server (server: none -> vllm)" in ran.log
    assert "is only compared" in ran.log
    assert not lab.holds("orin", "ls -d /etc/jetfleet /var/lib/jetfleet")


def test_a_host_key_that_is_not_pinned_ends_it_before_anything_is_read(
    lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(AssertionError, match=r"is not in .*known_hosts: log in once with `ssh`"):
        adopt(lab, "orin", tmp_path / "out", known_hosts=tmp_path / "known_hosts")
    assert not (tmp_path / "out").exists()
