"""The review of a study's design, before anything is trained."""
