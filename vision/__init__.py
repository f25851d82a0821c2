"""From packet to event: everything between a kitchen camera and the outbox."""
