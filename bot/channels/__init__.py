"""The channels: an edge each, from a platform's message to ``Inbound`` and from the outbox back."""
