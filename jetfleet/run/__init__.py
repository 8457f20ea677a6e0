"""Runs of pyinfra as a subprocess, and the folder in which each leaves what it found and did."""
