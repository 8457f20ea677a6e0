"""The connection of a network device: a keyfile of NetworkManager that the device uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    Attributes,
    Change,
    Effects,
    Resource,
    RunOptions,
    constant,
    yes_or_no,
)
from jetfleet.resources.file import File
from jetfleet.resources.network.device import UP_SECONDS, keyfile_of, reconnect, uuid_of
from jetfleet.resources.network.state import BEGIN, SURVEY, NetworkState, read_devices
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.steps.switch import Switch, guarded
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Network(Resource[NetworkState]):
    """A network device uses exactly this connection; other connections stay as they are.

    Parameters
    ----------
    device:
        Name of the device, such as ``eth0``.
    content:
        Text of the keyfile: https://networkmanager.dev/docs/api/latest/nm-settings-keyfile.html
    secret:
        It has a password: it is never shown.
    addresses:
        Static addresses without their prefix: where the board may answer afterwards.

    """

    kind: ClassVar[str] = "network"
    chief: ClassVar[tuple[str, ...]] = ("content", "active")
    moves: ClassVar[frozenset[str]] = frozenset({"active"})
    stands_alone: ClassVar[bool] = True
    device: str
    content: str
    secret: bool = False
    addresses: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.device

    @property
    def title(self) -> str:
        return f"Connect {self.device}"

    @cached_property
    def file(self) -> File:
        """Its keyfile: NetworkManager reads only one that root alone can read."""
        return File(keyfile_of(self.device), self.content, mode="600", secret=self.secret)

    @property
    def texts(self) -> Mapping[str, str]:
        return self.file.texts

    @classmethod
    def survey(cls, resources: Sequence[Network], options: RunOptions) -> str:
        return File.survey([r.file for r in resources], options) + SURVEY

    @classmethod
    def read(cls, text: str, resources: Sequence[Network]) -> dict[str, NetworkState]:
        of_files, _, of_devices = text.partition(f"{BEGIN}\n")
        files = File.read(of_files, [r.file for r in resources])
        devices, trouble = read_devices(of_devices)
        return {r.key: NetworkState(files[r.file.key], devices, trouble) for r in resources}

    def desired(self) -> Attributes:
        return {**self.file.desired(), "active": constant("yes")}

    def observed(self, actual: NetworkState) -> Attributes:
        attributes = dict(self.file.observed(actual.file))
        device = actual.devices.get(self.device)
        # A cable that is not plugged in is no fault of the settings: the device takes them later.
        if device and device.state != "unavailable":
            attributes["active"] = yes_or_no(self._is_active(actual))
        return attributes

    def _is_active(self, actual: NetworkState) -> bool:
        device = actual.devices[self.device]
        return device.state.startswith("connected") and device.connection == uuid_of(self.device)

    def refuse(self, actual: NetworkState, options: RunOptions) -> None:
        del options
        actual.device(self.device)

    def sentence(self, change: Change, actual: NetworkState) -> str:
        if change.attribute == "active":
            return f"{self.device} does not use the connection of the spec"
        return self.file.sentence(change, actual.file)

    def explain(self, change: Change, actual: NetworkState, options: RunOptions) -> Change:
        if change.attribute == "active":
            return super().explain(change, actual, options)
        return self.file.explain(change, actual.file, options)

    def effects(self, actual: NetworkState, changes: Sequence[Change]) -> Effects:
        up = actual.devices[self.device].state.startswith("connected")
        return Effects(restarts=(f"the network of {self.device}",) if up and changes else ())

    def steps(
        self,
        actual: NetworkState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes, options, resolver
        if self.file.unreadable:
            raise Refused(f"{self.file.path} needs a secret: {self.file.unreadable}")
        before = actual.device(self.device)
        switch = Switch(
            f"the network of {self.device}",
            (self.file.path,),
            reconnect(self.device, before.connection),
            work=UP_SECONDS + 15,
            addresses=self.addresses,
        )
        script = self._change(up=before.state != "unavailable")
        yield from guarded(switch, Run(script, self.title), detached=True)

    def _change(self, *, up: bool) -> str:
        own, device = uuid_of(self.device), words([self.device])
        start = f"nmcli -w {UP_SECONDS} connection up uuid {own} ifname {device}\n" if up else ""
        return f"""set -eu
{write_file(self.file.path, self.content, mode="600")}
nmcli connection load {words([self.file.path])}
nmcli -g connection.uuid connection show uuid {own} >/dev/null || {{
  echo "NetworkManager does not take {self.file.path}"; exit 1; }}
{start}"""
