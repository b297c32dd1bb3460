"""The first page: what waits, what is in force, how well it goes."""
