"""Compiled loops (numba) of the scan on the CPU: plain arrays in and out, no state of their own.

Each releases the interpreter's lock and works on a range of rows or features, so that a pool of threads shares the
work without locks and with the same result for any number of threads.
"""
