"""How far a training is, and how it is shown: in a terminal, a log or a notebook."""
