"""Render a run or a status as one HTML page."""
