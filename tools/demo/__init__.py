"""The programs that made the demo: its corpus, its listener with the evidence, and its dictionaries."""
