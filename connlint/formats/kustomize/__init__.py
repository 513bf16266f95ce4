"""Kustomize: overlays as stacks of their own, with what they take in from bases and what they change of it."""
