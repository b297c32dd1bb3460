"""Made-up populations with a known truth: the synthetic month, its reviewers, its past."""
