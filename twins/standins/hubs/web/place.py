"""The name of a plain web server."""

from __future__ import annotations

from twins.standins.hubs.place import Place

_HOST = "models.example.org"

PLACE = Place(hub="web", hosts=(_HOST,), endpoints=(_HOST,), version="1")
