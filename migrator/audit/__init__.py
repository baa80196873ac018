"""The audit as a chain: read, exported and proved. Rows are appended by `migrator.state.store`, with what they tell."""
