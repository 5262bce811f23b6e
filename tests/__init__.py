"""Tests of Commdex through its public doors."""
