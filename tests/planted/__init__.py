"""Small breaks of the site, each with the file of tests that must turn red: docs/drills.md, `script/drill planted`."""
