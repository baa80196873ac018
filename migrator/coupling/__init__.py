"""The coupling check: schema and application code never ship in the same release."""
