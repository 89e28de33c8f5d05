"""The rep's phone page in a real browser."""
