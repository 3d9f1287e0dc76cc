"""Results that others made: read from tables, logs and trackers, and made into a study's folder."""
