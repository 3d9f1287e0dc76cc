"""The live page: what a folder's studies look like while they train, read from their files alone."""
