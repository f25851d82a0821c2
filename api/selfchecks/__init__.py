"""Self-checks (日管控、周排查、月调度): what a kitchen checks by itself, signed by who answers for it, or missed."""
