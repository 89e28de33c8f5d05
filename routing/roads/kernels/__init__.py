"""The compiled inner loops of the road engine. Numba types them by their signatures; typed callers wrap each."""
