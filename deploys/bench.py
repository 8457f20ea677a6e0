"""Measure each vLLM service with the loads of source 003; results go to bench-results/.

`--data loads=scenarios` runs other loads than high and low; `jetfleet bench show` compares runs.
"""

from jetfleet.converge import bench

bench()
