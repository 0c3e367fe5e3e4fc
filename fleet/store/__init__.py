"""What the manager remembers: SQLite for one machine, PostgreSQL in earnest."""
