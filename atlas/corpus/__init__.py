"""The audio that an atlas listens to: listings, timed labels, and the index stage that turns them into clips."""
