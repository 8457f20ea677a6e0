"""Measure each service that speaks OpenAI's interface or Ollama's; results go to bench-results/.

`--data loads=scenarios` runs other loads, `--data runs=5` runs each five times;
`jetfleet bench show` compares runs.
"""

from jetfleet.converge import bench

bench()
