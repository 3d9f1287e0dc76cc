"""Reports: a study and its results as a page, Markdown, a notebook and figures."""
