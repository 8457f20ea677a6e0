"""The layers that images share, built from Debian's packages: busybox, a small Python, TLS."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from twins.standins.registry.layer import Entry, Layer, entries_of, layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twins.standins.registry.recipe import Base


def base_layer(base: Base, cache_dir: Path) -> Layer:
    """Return a shared layer, built once for each recipe and kept in `<cache>/layers`.

    Raises `FleetError` when the packages cannot be fetched.
    """
    kept = cache_dir / "layers" / f"{base.name}-{_key(base)}.tar.gz"
    diff_id = kept.with_suffix(".diff-id")
    if diff_id.is_file():
        return Layer(kept.read_bytes(), diff_id.read_text())
    built = layer(_entries(base))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(built.blob)
    diff_id.write_text(built.diff_id)  # written last: it means that the layer beside it is complete
    return built


def _key(base: Base) -> str:
    seen = hashlib.sha256(repr(base).encode())
    for source in ("base.py", "layer.py"):
        seen.update(Path(__file__).with_name(source).read_bytes())
    return seen.hexdigest()[:16]


def _entries(base: Base) -> Iterator[Entry]:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "packages.tar"
        _unpack(base, archive)
        with tarfile.open(archive) as tar:
            for entry in entries_of(tar, tar):
                if _wanted(entry.path, base):
                    yield entry
    for applet in base.applets:
        yield Entry(f"bin/{applet}", 0o777, link="busybox")
    if base.applets:
        yield Entry("usr/bin/env", 0o777, link="/bin/busybox")  # the path that scripts use
    for file in base.files:
        yield Entry(file.path.lstrip("/"), file.mode, file.text.encode())
    for empty, mode in base.folders:
        yield Entry(empty, mode)


def _wanted(path: str, base: Base) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in base.keep) and not any(
        fnmatchcase(path, pattern) for pattern in base.drop
    )


def _unpack(base: Base, archive: Path) -> None:
    # "extract" resolves the dependencies and unpacks them, without running their scripts.
    wanted = ",".join(base.packages)
    command = ("mmdebstrap", "--variant=extract", f"--include={wanted}", base.suite, str(archive))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-5:])
        raise FleetError(
            "The packages of the stand-in images could not be fetched; "
            f"{command[0]} said:\n{last}\n"
            "Check that this machine reaches its Debian mirror, then run again."
        )
