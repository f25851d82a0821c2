"""Other vendors' boxes: what they tell in their own words becomes a message for the one door that all events take."""
