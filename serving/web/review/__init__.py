"""Where people look at items and say what they found."""
