"""Features beside features: co-firing, neighbours, overlaps of dictionaries, comparisons of atlases."""
