"""The plain road network by OSMnx and NetworkX: slow, independent of the fast engine, and held against it in tests.

It reads tags for itself, so that a slip in either shows when the two are compared.
"""
