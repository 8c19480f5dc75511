"""Exact tests, effect sizes and held-out searches of features against labels, domains and timed labels."""
