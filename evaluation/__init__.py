"""What may be concluded. No input, no output, no clock."""
