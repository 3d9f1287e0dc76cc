"""Progress of a training: its state, and how a terminal, a log and a notebook show it."""
