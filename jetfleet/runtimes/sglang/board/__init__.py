"""Programs of SGLang that run in its container."""
