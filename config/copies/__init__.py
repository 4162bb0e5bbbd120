"""Backup and restore: one file with the database and the uploads, and the way back from it (docs/copies.md)."""
