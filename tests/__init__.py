"""Everything that proves the house."""
