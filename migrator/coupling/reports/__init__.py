"""The outputs of the coupling check: one module per format, each with `render(report) -> str`."""
