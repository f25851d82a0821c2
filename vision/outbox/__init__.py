"""The only way out of `vision`: a durable spool on disk, and the reporter that empties it into the API."""
