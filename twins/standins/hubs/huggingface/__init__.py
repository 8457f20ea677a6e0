"""A stand-in for Hugging Face."""
