"""The rules of a case: pure, on enums and small frozen dataclasses."""
