"""The control API `/_sandbox/`, for tests and drills."""
