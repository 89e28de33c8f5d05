"""Territories proposed, compared, edited by hand, published from a day on, and taken back."""
