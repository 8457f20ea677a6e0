"""What the programs share: the board as a container sees it, model files, words, HTTP.

Python's standard library alone, from 3.10 on: it runs in images and on twins.
"""
