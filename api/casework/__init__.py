"""Cases at work: each verdict and each step in one transaction with its rows, its audit entry and its line in the log.

The machine in `api.cases` decides and knows no store; here its decisions are kept and told. The order of locks is the
same everywhere: the head of the log, the event, the case, the head of the audit trail.
"""
