"""Scripts on a board: what is sent, how it is read with limits, and what the answer means."""
