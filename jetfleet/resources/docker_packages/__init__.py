"""The packages of Docker and of NVIDIA's Container Toolkit, where the board lacks them."""

from __future__ import annotations

from jetfleet.resources.docker_packages.packages import DockerPackages
from jetfleet.resources.docker_packages.state import PackagesState

__all__ = ["DockerPackages", "PackagesState"]
