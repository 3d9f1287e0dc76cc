"""Why: the settings that findings may come from, what to try instead, and causes put to the test."""
