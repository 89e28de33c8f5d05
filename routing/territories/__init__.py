"""Territories: customers shared out among reps, even in hours, connected on roads, with a proof of how good they are."""
