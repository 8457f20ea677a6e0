"""Read each board for the gates of a rollout, and measure its services; a task of one runs it."""

from jetfleet.rollout.here.deploy import read_board

read_board()
