"""The rules of a conversation: pure, on enums and small frozen dataclasses."""
