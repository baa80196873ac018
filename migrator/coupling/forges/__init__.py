"""What forges know of a change: labels, reviews, who wrote it, who is in a team. One module per forge."""
