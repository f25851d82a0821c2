"""What supervisors said of events, as pictures to learn from: confirmed ones, confirmed negatives, and doubts."""
