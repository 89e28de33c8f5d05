"""Solvers: from a `Problem` to a `Plan`."""
