"""Known modules, releases, images, options and rules, as data files with typed look-ups.

Every row names its source. The catalog touches no network, clock, environment or random.
"""
