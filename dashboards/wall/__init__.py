"""The live page: the floors and their teams on a television, and a page for each rep."""
