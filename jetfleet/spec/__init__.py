"""A spec file as frozen models, with the position of each value in the file."""
