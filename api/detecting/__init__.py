"""Detection as a service: pictures and films come in over HTTP, looks and events go out, and nothing piles up."""
