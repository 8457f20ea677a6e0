"""Names of Debian packages that Docker on a Jetson is made of."""

from __future__ import annotations

ENGINES = ("docker.io", "docker-ce")
"""Packages of the engine: of the distribution, and of Docker itself."""
TOOLKIT = "nvidia-container-toolkit"
PACKAGES = (*ENGINES, TOOLKIT)
