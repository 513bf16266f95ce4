"""From the files of a tree to its deployments: what is read, what of it runs together, who connects to whom."""
