"""Tables of reviewed and unreviewed items, from files that may be larger than memory."""
