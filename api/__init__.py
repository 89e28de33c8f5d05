"""Delivery: HTTP, the command line and the demo."""
