"""Only a measurement: the loads of source 003 on each vLLM service, kept in bench-results/.

`--data loads=scenarios` runs others than high and low load; `jetfleet bench show` compares runs.
"""

from jetfleet.converge import bench

bench()
