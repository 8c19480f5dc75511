"""The links of papers to a site: read from what papers are written in, and held against the site as it is today."""
