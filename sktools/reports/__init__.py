"""Results as people look at them: terminal tables, plots, the HTML report."""
