"""Number plates in the manager: reads and hits kept for their time, clone plates, the register's hint, search with a reason."""
