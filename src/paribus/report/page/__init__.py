"""The report as one HTML file: its numbers first (`content`), then how they are drawn (`drawing`)."""
