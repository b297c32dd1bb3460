"""Pages for QC leads and reviewers."""
