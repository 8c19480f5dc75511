"""From a finished site to its readers."""
