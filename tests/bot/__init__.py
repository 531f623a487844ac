"""Tests of hallqueue."""
