"""What was set up by hand: compared with the spec, never changed."""

from __future__ import annotations

from jetfleet.resources.adopted.daemon import AdoptedDaemon
from jetfleet.resources.adopted.filesystem import AdoptedFilesystem
from jetfleet.resources.adopted.model import AdoptedModel
from jetfleet.resources.adopted.service import AdoptedService

__all__ = ["AdoptedDaemon", "AdoptedFilesystem", "AdoptedModel", "AdoptedService"]
