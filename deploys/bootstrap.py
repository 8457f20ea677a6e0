"""First contact with a new board: log in by password or by the key that it is delivered with, once.

From then on the key of the spec logs in, and sudo has the rules of the spec. Keys that the board
accepts already stay.
"""

from jetfleet.converge import apply, check_login
from jetfleet.roles import bootstrap

apply(bootstrap)
check_login()
