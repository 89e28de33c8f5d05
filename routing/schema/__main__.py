"""Writes the published schemas: ``python -m routing.schema``."""

from routing.schema import publish

publish()
