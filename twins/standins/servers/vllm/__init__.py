"""`vllm serve` without a GPU: the same options, refusals, log lines and HTTP as the real one.

The package is copied into an image as `vllm`, beside `image.json` (version, SoC) and
`options.json` (the option table of that version). It uses Python's standard library and PyYAML,
which is what the real one reads its configuration file with.
"""
