"""Addresses with and without a slip in their host, and what was meant; empty: nothing is asked."""

NEAR = {
    **{f"jo@{slip}": "jo@gmail.com" for slip in ("gmial.com", "gmail.con", "gmail.co", "gmal.com", "gmaill.com")},
    **{f"jo@{slip}": "jo@gmail.com" for slip in ("gmail.comm", "gmail.cmo", "gnail.com", "gmailcom", "GMIAL.com")},
    "Jo.Doe+x@hotmial.com": "Jo.Doe+x@hotmail.com",
    "jo@yaho.com": "jo@yahoo.com",
    "jo@outlok.com": "jo@outlook.com",
    "jo@iclod.com": "jo@icloud.com",
    **dict.fromkeys(["jo@gmail.com", "jo@mail.com", "jo@ymail.com", "jo@email.com", "jo@example.org"], ""),
    **dict.fromkeys(["jo@yahoo.de", "jo@yahoo.co.jp", "jo@hotmail.fr", "jo@gmx.at", "jo@gmail.de", "jo@me.co"], ""),
    **dict.fromkeys(["@gmial.com", "gmial.com", "", "jo@", "jo@gmail"], ""),
}
