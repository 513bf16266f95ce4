"""Database servers and poolers that a container runs, by its image, its command, its variables and its files.

`servers.server_of` and `poolers.pooler_of` are asked about every service of a stack. Both are found by the names other
services reach them under (`hosts`), and from outside by the ports they publish (`ports`).
"""
