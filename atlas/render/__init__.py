"""The lower half's third part: tables -> the pages of a static site."""
