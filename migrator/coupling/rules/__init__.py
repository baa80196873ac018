"""The rules of the coupling check, one file each: its name is the rule's, `CODE` its id, `check` yields findings."""
