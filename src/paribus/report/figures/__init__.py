"""Figures drawn with matplotlib: panels, and the sheet that they stand on."""
