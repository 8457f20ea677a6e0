"""A program for images that are run with a command of one's own."""
