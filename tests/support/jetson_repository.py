"""An apt repository of NVIDIA's on a twin: packages with their real names and versions, empty.

It is made on the twin, by dpkg itself. nvidia-l4t-core has the release file, as the real one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.lab import Lab

ROOT = "/opt/jetson/common"
SOURCE = "/etc/apt/sources.list.d/nvidia-l4t-apt-source.list"

BUILDS = {"36.4.3": "20250107174145", "36.5.0": "20260115194252"}
JETPACKS = {"36.4.3": "6.2+b77", "36.5.0": "6.2.2+b24"}


@dataclass(frozen=True)
class Deb:
    """A package: its version, its control fields, its scripts by name, its files by path."""

    name: str
    version: str
    fields: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def release(l4t: str) -> list[Deb]:
    """The packages of a release; the bootloader's leaves a trace of its capsule."""
    version = f"{l4t}-{BUILDS[l4t]}"
    major, revision = l4t.split(".", 1)
    first = (
        f"# R{major} (release), REVISION: {revision}, GCID: 1, BOARD: generic, EABI: aarch64, "
        "DATE: Fri Jan 16 03:50:45 UTC 2026\n"
    )
    core = {"Depends": f"nvidia-l4t-core (= {version})"}
    toolkit = "1.16.2-1" if l4t == "36.5.0" else "1.14.2-1"
    return [
        Deb("nvidia-l4t-core", version, files={"etc/nv_tegra_release": first}),
        Deb(
            "nvidia-l4t-init",
            version,
            core,
            {"conffiles": "/etc/nvidia-init.conf\n", "postinst": "#!/bin/sh\n"},
            {"etc/nvidia-init.conf": f"release={l4t}\n"},
        ),
        Deb("nvidia-l4t-3d-core", version, core),
        Deb(
            "nvidia-l4t-bootloader",
            version,
            core,
            {"postinst": f"#!/bin/sh\necho {l4t} >> /var/log/capsule\n"},
        ),
        Deb("nvidia-container-toolkit", toolkit),
        Deb("nvidia-jetpack", JETPACKS[l4t], {"Depends": "nvidia-container-toolkit"}),
    ]


_MAKE = """
import hashlib, os, pathlib, subprocess, shutil
root = pathlib.Path({root!r})
suite = root / "dists" / {suite!r} / "main" / "binary-amd64"
suite.mkdir(parents=True, exist_ok=True)
rows = []
for name, version, fields, scripts, files in {debs!r}:
    work = pathlib.Path("/tmp/deb")
    shutil.rmtree(work, ignore_errors=True)
    control = {{"Package": name, "Version": version, "Architecture": "all",
               "Maintainer": "NVIDIA Corporation", **fields, "Description": name}}
    text = "".join(f"{{key}}: {{value}}\\n" for key, value in control.items())
    (work / "DEBIAN").mkdir(parents=True)
    (work / "DEBIAN/control").write_text(text)
    for script, body in scripts.items():
        (work / "DEBIAN" / script).write_text(body)
        (work / "DEBIAN" / script).chmod(0o644 if script == "conffiles" else 0o755)
    for path, body in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(body)
    pool = root / "pool" / {suite!r}
    pool.mkdir(parents=True, exist_ok=True)
    deb = pool / f"{{name}}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(work), str(deb)], check=True,
                   stdout=subprocess.DEVNULL)
    data = deb.read_bytes()
    rows.append(text + f"Filename: {{deb.relative_to(root)}}\\nSize: {{len(data)}}\\n"
                f"SHA256: {{hashlib.sha256(data).hexdigest()}}\\n")
(suite / "Packages").write_text("\\n".join(rows))
"""


def publish(lab: Lab, host: str, suite: str, debs: list[Deb]) -> None:
    """Let the repository on a twin have these packages as a release such as ``r36.5``."""
    rows = [(d.name, d.version, dict(d.fields), dict(d.scripts), dict(d.files)) for d in debs]
    text = _MAKE.format(root=ROOT, suite=suite, debs=rows)
    lab.sh(host, f"python3 - <<'END'\n{text}\nEND\n")


def flashed(lab: Lab, host: str) -> None:
    """Let a twin have the packages of L4T 36.4.3, some of them held, and NVIDIA's apt source."""
    publish(lab, host, "r36.4", release("36.4.3"))
    publish(lab, host, "r36.5", release("36.5.0"))
    lab.sh(
        host,
        f"""echo 'deb [trusted=yes] file:{ROOT} r36.4 main' > {SOURCE}
apt-get -q update
apt-get -q -y install nvidia-l4t-core nvidia-l4t-init nvidia-l4t-3d-core nvidia-l4t-bootloader \\
  nvidia-jetpack
apt-mark hold nvidia-l4t-core nvidia-l4t-bootloader sudo
""",
    )
