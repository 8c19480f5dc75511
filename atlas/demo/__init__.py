"""The embedded demo: a corpus, a small audio model and dictionaries that the project makes itself."""
