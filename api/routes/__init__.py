"""The HTTP operations, one file per noun."""
