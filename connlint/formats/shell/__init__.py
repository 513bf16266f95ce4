"""Shell scripts: read without running them, for the programs they start and with which words."""
