"""JSON in, use case, JSON out."""
