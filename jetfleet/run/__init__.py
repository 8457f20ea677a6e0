"""Runs of pyinfra as a subprocess, each with a folder for its events and logs."""
