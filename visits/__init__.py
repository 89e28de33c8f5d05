"""Customers, reps, territories and their plans: the domain and its store, without HTTP."""
