"""Types of kernel arguments that are only read, so that arrays opened by mmap need no second compilation."""

U1 = "Array(u1, 1, 'C', readonly=True)"
U2 = "Array(u2, 1, 'C', readonly=True)"
I4 = "Array(i4, 1, 'C', readonly=True)"
I8 = "Array(i8, 1, 'C', readonly=True)"
I4X2 = "Array(i4, 2, 'C', readonly=True)"
I8X2 = "Array(i8, 2, 'C', readonly=True)"
F8X2 = "Array(f8, 2, 'C', readonly=True)"
