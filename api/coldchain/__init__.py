"""Papers with an end, and cold-chain batches with a code: no code, no sale; a suspicious one is traced in a day."""
