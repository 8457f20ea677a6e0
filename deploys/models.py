"""Fetch only the models; with `--data deep=yes`, hash every file again."""

from jetfleet.converge import apply
from jetfleet.roles import base, models, storage

apply(base, storage, models)
