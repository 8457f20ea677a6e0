"""The image registry, and its tiny images: built here, the same bytes each time, and pushed."""
