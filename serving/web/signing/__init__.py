"""Signing in with a link, and out again."""
