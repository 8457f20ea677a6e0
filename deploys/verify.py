"""Check that models match the lock and that each service is healthy and generates text.

With `--data deep=yes` every model file is hashed again.
"""

from jetfleet.converge import verify

verify()
