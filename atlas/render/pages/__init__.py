"""One kind of page a module: the tables of an atlas -> what its template shows."""
