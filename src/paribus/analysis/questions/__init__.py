"""The study's questions: comparisons, their statistics, and published figures beside ours."""
