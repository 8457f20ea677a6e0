"""Any other image, with a command of its own."""
