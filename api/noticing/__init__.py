"""Notices: what an authority tells many kitchens at once, who has read it, whom to urge and whom to ring."""
