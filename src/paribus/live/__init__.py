"""The live page: what a folder's studies look like while they train, read from their files alone."""

HOST, PORT = "127.0.0.1", 8642
"""Where it is served unless asked otherwise."""
