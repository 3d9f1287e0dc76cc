"""Data of the user's own: arrays, tables, folders of images, sequences, and what a function returns."""
