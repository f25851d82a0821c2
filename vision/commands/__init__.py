"""One module per command of the command line; each composes the parts and runs them."""
