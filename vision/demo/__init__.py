"""A rendered kitchen with known ground truth: what the demo, the golden tests and the false-alarm figures look at."""
