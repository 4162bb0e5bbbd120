"""Storage: one SQLite file, the objects of each tenant in it, their events, and the errors."""
