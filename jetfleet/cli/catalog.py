"""`jetfleet catalog`: which releases, power modes and images there are for a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.catalog.images import default_image, images, images_for
from jetfleet.catalog.l4t import newest_of_jetpack, release
from jetfleet.catalog.modules import Module, modules
from jetfleet.catalog.power import power_conf
from jetfleet.catalog.version import parts
from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.images import KnownImage
    from jetfleet.catalog.l4t import Release


def catalog(
    module: Annotated[
        str | None, typer.Argument(help="A module; left out, all are listed.")
    ] = None,
    jetpack: Annotated[str | None, typer.Option(help="The JetPack version, such as 6.2.")] = None,
    l4t: Annotated[
        str | None, typer.Option(help="The L4T version instead, such as 36.4.3.")
    ] = None,
) -> None:
    """List modules, and the releases, power modes and images of one."""
    asked = jetpack is not None or l4t is not None
    if module is None:
        if asked:
            raise FleetError("a release needs a module: `jetfleet catalog` lists them")
        lines = _modules()
    else:
        its = _module(module)
        if jetpack is not None and l4t is not None:
            raise FleetError("write --jetpack or --l4t, not both")
        lines = _about(its, _l4t(its, jetpack, l4t)) if asked else _releases(its)
    for line in lines:
        echo(line)


def _module(name: str) -> Module:
    if name not in modules():
        raise FleetError(
            f"there is no module {name}: {did_you_mean(name, modules())}; "
            "`jetfleet catalog` lists all"
        )
    return modules()[name]


def _l4t(module: Module, jetpack: str | None, l4t: str | None) -> str:
    """Return the L4T version that is asked for."""
    if jetpack is not None:
        newest = newest_of_jetpack(jetpack, module.soc)
        if newest is None or newest not in module.releases():
            raise FleetError(
                f"there is no JetPack {jetpack} for {module.name}: "
                f"`jetfleet catalog {module.name}` lists its releases"
            )
        return newest.l4t
    known = {parts(one.l4t)[0] for one in module.releases()}
    if not l4t or not parts(l4t) or parts(l4t)[0] not in known:
        raise FleetError(
            f"there is no L4T {l4t} for {module.name}: "
            f"`jetfleet catalog {module.name}` lists its releases"
        )
    return l4t


def _modules() -> Iterator[str]:
    width = max(map(len, modules()))
    for one in modules().values():
        yield f"{one.name:{width}}  {one.memory_gib:3} GB  {one.title}"


def _releases(module: Module) -> Iterator[str]:
    yield from _head(module)
    for one in module.releases():
        yield _release(one)
    yield ""
    yield "Power modes and images of one: --jetpack VERSION, or --l4t VERSION"


def _about(module: Module, l4t: str) -> Iterator[str]:
    nearest = release(l4t)
    yield from _head(module)
    yield _release(nearest.value)
    if nearest.warning:
        yield nearest.warning
    conf = power_conf(module, l4t)
    if conf:
        default = conf.default
        names = (f"{one.name}{' (default)' if one == default else ''}" for one in conf.modes)
        yield f"power modes: {', '.join(names)}"
    found = images_for(module.soc, nearest.value.l4t)
    for runtime in sorted({image.runtime for image in found}):
        chosen = _default(runtime, module, l4t)
        yield ""
        yield f"{runtime}:"
        for image in found:
            if image.runtime == runtime:
                yield from _image(image, chosen=image is chosen)
    without = {image.runtime for image in images()} - {image.runtime for image in found}
    if without:
        yield ""
        yield f"no image is known for: {', '.join(sorted(without))}"


def _head(module: Module) -> Iterator[str]:
    yield f"{module.name}: {module.title}"
    yield f"memory: {module.memory_gib} GB, {module.memory_gbps:g} GB/s"


def _release(one: Release) -> str:
    return (
        f"L4T {one.l4t}: JetPack {one.jetpack}, Ubuntu {one.ubuntu}, "
        f"CUDA {one.cuda}, kernel {one.kernel}"
    )


def _default(runtime: str, module: Module, l4t: str) -> KnownImage | None:
    try:
        return default_image(runtime, module.soc, l4t)
    except FleetError:
        return None


def _image(image: KnownImage, *, chosen: bool) -> Iterator[str]:
    yield f"  {image.ref}"
    said = [
        f"server {image.version}" if image.version else "the version of its server is not known"
    ]
    said += ["and later releases, by their tags"] if image.releases else []
    said += ["taken if the spec names no image"] if chosen else []
    yield f"    {'; '.join(said)}"
    if image.doubt:
        yield f"    not certain: {image.doubt}"
