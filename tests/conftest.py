"""What all tests share: nothing reaches the network, and property tests draw the same cases on every run."""

import os

import hypothesis

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported, so before any test module

hypothesis.settings.register_profile("atlas", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("atlas")
