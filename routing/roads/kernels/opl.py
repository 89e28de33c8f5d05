"""Node lists of OPL, osmium's one-object-a-line text, read into arrays."""

import numpy as np
from numba import njit

from routing.roads.kernels.signatures import U1

MISSING = np.int32(2**31 - 1)
"""Coordinate of a node that the extract names but does not hold."""


@njit(f"void({U1}, i8[::1], i8[::1], i8[::1])", cache=True, nogil=True)
def count_nodes(text, begin, end, first):
    """Writes where the nodes of each list begin, were they all in one row."""
    for i in range(begin.size):
        count = 1 if end[i] > begin[i] else 0
        for at in range(begin[i], end[i]):
            if text[at] == 44:  # ,
                count += 1
        first[i + 1] = first[i] + count


@njit(f"void({U1}, i8[::1], i8[::1], i8[::1], i4[:, ::1])", cache=True, nogil=True)
def parse_nodes(text, begin, first, refs, shape):
    """Reads lists like `n12x8.1y-41.25,n13xy`: number, lon and lat, which the last node lacks."""
    for i in range(begin.size):
        at = begin[i]
        for row in range(first[i], first[i + 1]):
            for field in range(3):
                at += 1  # n, x or y
                sign, value, decimals, digits = 1, np.int64(0), -1, 0
                while at < text.size and (text[at] <= 57 and text[at] >= 45) and text[at] != 47:
                    if text[at] == 45:  # -
                        sign = -1
                    elif text[at] == 46:  # .
                        decimals = 0
                    else:
                        value = value * 10 + (text[at] - 48)
                        digits += 1
                        if decimals >= 0:
                            decimals += 1
                    at += 1
                if field == 0:
                    refs[row] = sign * value
                elif digits == 0:
                    shape[row, field - 1] = MISSING
                else:
                    for _ in range(max(decimals, 0), 7):
                        value *= 10
                    shape[row, field - 1] = sign * value
            at += 1  # the comma
