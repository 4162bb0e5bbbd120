"""How fast the site is, as shares of what could be reached on the same machine in the same minute."""
