"""What jetfleet knows of the world, as data files with typed look-ups.

Every row names its source. The catalog touches no network, clock, environment or random.
"""
