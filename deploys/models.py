"""Only the models: to fetch them ahead, or with `--data deep=yes` to hash every file again."""

from jetfleet.converge import apply
from jetfleet.roles import base, models, storage

apply(base, storage, models)
