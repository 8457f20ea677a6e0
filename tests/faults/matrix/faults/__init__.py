"""The tables of faults, one file for each place where something goes wrong."""
