"""Engines: where shards run.

An engine is a function `scan_shards(run, facts, numbers, workers, advance)`. It returns once every shard of `numbers`
has its marker, which holds `facts`, and calls `advance` with the windows that were scanned since its last call. What
the user can mend is raised as an `AtlasError`; shards that are finished stay, whatever becomes of the others.
"""
