"""The roof: everything HTTP, and the composition root."""
