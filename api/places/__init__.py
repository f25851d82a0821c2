"""Places: the tree of regions, its sites with people and risk grades, and their cameras, one by one or in bulk."""
