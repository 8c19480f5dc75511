"""Measuring: calibration, mergeable states, compiled kernels, the scan and the merge."""
