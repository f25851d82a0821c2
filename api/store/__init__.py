"""What the API knows, in SQL: one schema for SQLite and PostgreSQL, one repository per noun."""
