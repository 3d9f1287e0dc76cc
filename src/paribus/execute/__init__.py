"""Execution: the plan of a study's runs, how long it takes, and the worker processes that train them."""
