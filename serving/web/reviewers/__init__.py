"""How reviewers do."""
