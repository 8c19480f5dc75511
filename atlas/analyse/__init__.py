"""Analysing: tests, effect sizes and grades of features, from the tables that measuring left; no torch."""
