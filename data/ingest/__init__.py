"""Items and past review outcomes out of a team's own files."""
