"""Folders on the workstation."""
