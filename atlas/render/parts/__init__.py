"""One module a kind of page: tables -> frozen objects of finished text and numbers, and the pages made of them."""
