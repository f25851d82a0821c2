"""How good the shipped models are: every figure of the cards, on labelled pictures, by the runtime's own code."""
