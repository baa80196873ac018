"""What code and queries use: tables and columns, with the place and how sure we are."""
