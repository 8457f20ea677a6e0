"""One folder a runtime: everything that depends on which model server a service is.

A folder holds `spec.py` (its keys in a spec), `runtime.py` (its `Runtime`, see
`jetfleet.runtimes.base`), what these two need, and its data. `jetfleet.runtimes.registry` finds the
folders by themselves: to add a runtime, add a folder. Nothing outside depends on a runtime's name.
"""
