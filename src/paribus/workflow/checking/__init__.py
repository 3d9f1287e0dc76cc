"""Hand-ins checked and graded: what they hold, what of it is trained again, and what it is worth."""
