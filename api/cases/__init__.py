"""From a confirmed violation to a closed case: who must do what by when, and what follows if not.

Pure: no clock, no store, no thread; time is an argument, and the law's deadlines are data (`policy.toml`).
"""
