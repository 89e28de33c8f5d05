"""Territories: customers shared out, even in hours, connected on roads, with a proof of how good that is."""
