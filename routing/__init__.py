"""Places, times and numbers: road networks, visit problems, plans and the solvers between them.

Nothing here knows a database, HTTP or a customer's name.
"""
