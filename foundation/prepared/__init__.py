"""Statements that are asked of the database all day, built once and kept."""
