"""Where runs happen: the plan, and the processes that carry it out."""
