"""From a camera's address to packets, key frames and vital signs."""
