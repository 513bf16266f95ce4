"""Kubernetes manifests: what their objects start, under which environment, how often, and under which names."""
