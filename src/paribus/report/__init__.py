"""How it is told to a person."""
