"""Published steering experiments, made on an atlas: a table each, with the controls that they came without."""
