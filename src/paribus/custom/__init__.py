"""Trainings of the user's own: a function that trains with any framework, and what it is handed."""
