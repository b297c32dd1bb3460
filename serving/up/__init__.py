"""Everything between an empty folder and a running service: set-up, processes, what is told at the end."""
