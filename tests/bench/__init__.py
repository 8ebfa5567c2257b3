"""Measurements beside other programs; not part of the tests. Started by `make bench`."""
