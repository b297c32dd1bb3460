"""Models: which serves, which could, and why."""
