"""A deploy with operations of pyinfra beside roles is read, above and below `apply`."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import roles_of

AFTER = "from jetfleet.converge import apply\nfrom jetfleet.roles import base\n"
ABOVE = {
    "from the package": "from pyinfra.operations import apt, files\n"
    "one = apt.packages(name='x', packages=['nginx'], update=True)\n"
    "files.put(src='a', dest='/a', _if=one.did_change)\n",
    "from its module": "from pyinfra.operations.server import shell\nshell(commands=['true'])\n",
    "by its path": "import pyinfra.operations.server\n"
    "pyinfra.operations.server.shell(commands=['true'])\n",
    "under another name": "import pyinfra.operations.files as f\nf.directory(path='/opt/x')\n",
    "from pyinfra": "from pyinfra import operations\noperations.server.shell(commands=['true'])\n",
    "in a module of the fleet": "from extras import nginx\nnginx()\n",
    "of a variable": "from pyinfra import host\nfrom pyinfra.operations import server\n"
    "server.user(user='a', groups=['docker'])\n",
}


@pytest.mark.parametrize("name", ABOVE)
def test_operations_above_apply_are_not_executed(name: str, tmp_path: Path) -> None:
    (tmp_path / "deploys").mkdir()
    (tmp_path / "extras.py").write_text(
        "from pyinfra.operations import apt\n\n\ndef nginx():\n    apt.packages(['nginx'])\n"
    )
    deploy = tmp_path / "deploys/own.py"
    deploy.write_text(f"{AFTER}{ABOVE[name]}apply(base)\n")
    assert [role.__name__ for role in roles_of(deploy)] == ["jetfleet.roles.base"]
    # Nothing of this is left: pyinfra's own modules are the real ones.
    from pyinfra.operations import server  # noqa: PLC0415

    assert server.__name__ == "pyinfra.operations.server"


def test_what_asks_the_host_is_named(tmp_path: Path) -> None:
    deploy = tmp_path / "own.py"
    deploy.write_text(
        f"{AFTER}from pyinfra import host\nfrom pyinfra.facts.server import Hostname\n"
        "name = host.get_fact(Hostname)\napply(base)\n"
    )
    with pytest.raises(FleetError, match="plain values and operations of pyinfra only"):
        roles_of(deploy)
