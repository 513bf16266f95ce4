"""Helm charts: templates rendered with their values, every character of the result knowing its place."""
