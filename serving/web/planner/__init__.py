"""The planner: thresholds and audits as sliders, with what they would cost and catch."""
