"""Where the demo's files lie in the package: corpus, encoder, dictionaries and the config that joins them."""

from pathlib import Path

FILES = Path(__file__).parent / "files"
CONFIG = FILES / "config.toml"
EXPLANATIONS = FILES / "explanations.jsonl"
