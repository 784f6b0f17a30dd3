"""When an asset is to be made: conditions of today's and of the older vocabulary, and what counts as fresh."""
