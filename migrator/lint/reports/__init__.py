"""One file per output format; each has `render(report)`, and `ls` is the list for `--output`."""
