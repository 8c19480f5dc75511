"""Engines: where shards run. `local` is this process or worker processes of this machine."""
