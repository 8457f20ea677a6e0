"""Reboot the boards that need it, where the spec (`reboot`) or `--data reboot=allow` allows it."""

from jetfleet.converge import apply
from jetfleet.roles import base, power, reboot

apply(base, power, reboot)
