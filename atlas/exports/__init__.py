"""A finished atlas in the layouts of others: Neuronpedia, embedding-atlas and Hugging Face datasets."""
