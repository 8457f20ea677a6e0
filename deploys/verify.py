"""Only a check: models are as locked, each service is healthy and generates.

With `--data deep=yes` every model file is hashed again.
"""

from jetfleet.converge import verify

verify()
