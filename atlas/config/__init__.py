"""One TOML file -> checked, frozen settings; every mistake is reported at once."""
