"""Campaigns: progress towards the goal, and matching funds."""
