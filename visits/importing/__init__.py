"""Customers and reps from CSV files, checked whole before anything is written."""
