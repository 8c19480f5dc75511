"""Sound and pictures for the pages: what may be heard of the corpus, and what its windows look like."""
