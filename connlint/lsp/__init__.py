"""The language server: what the command line says, in an editor, while its files are being written."""
