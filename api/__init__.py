"""From event to closed case: the store, the HTTP surface and the people who use it."""
