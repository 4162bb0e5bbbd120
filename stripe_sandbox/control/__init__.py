"""The control address `/_sandbox/`, for tests and drills."""
