"""What the many cases say together: scores, colours, worklists, trends and reports; of sites, never of persons (I8)."""
