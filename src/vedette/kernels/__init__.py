"""Numba kernels on plain arrays. Every kernel has a numpy or Python twin in the tests that must agree."""
