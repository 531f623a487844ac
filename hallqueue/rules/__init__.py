"""The queue's rules: pure functions on enums and small frozen dataclasses."""
