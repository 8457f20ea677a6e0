"""Programs of the stand-in images, copied into them: `kit` is in all, each other in its own."""
