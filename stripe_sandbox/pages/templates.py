"""HTML templates of the hosted pages, as format strings; every value is escaped by the page that puts it in."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} – offline payment sandbox</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<header role="banner"><p class="banner"><strong>Offline stand-in for Stripe.</strong> No money moves here. Never
type a real card: use a test card.</p></header>
<main>
{body}
</main>
</body>
</html>
"""

FORM = """<h1>{what}</h1>
<p class="amount" id="amount">{amount}</p>
{error}
<form method="post" action="{action}">
<p><label for="email">Email</label>
<input id="email" name="email" type="email" value="{email}" autocomplete="email" {locked}></p>
<fieldset>
<legend>Card</legend>
<p><label for="card_number">Card number</label>
<span class="hint" id="card_hint">4242 4242 4242 4242 pays. 4000 0000 0000 0002 is declined.</span>
<input id="card_number" name="card_number" inputmode="numeric" autocomplete="cc-number" required
 aria-describedby="card_hint"></p>
<div class="pair">
<p><label for="exp">Expiry (MM/YY)</label>
<input id="exp" name="exp" inputmode="numeric" autocomplete="cc-exp" value="{exp}" required></p>
<p><label for="cvc">Security code (CVC)</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required></p>
</div>
<p><label for="name">Name on card</label>
<input id="name" name="name" autocomplete="cc-name" value="{name}"></p>
<div class="pair">
<p><label for="country">Country, two letters (optional)</label>
<input id="country" name="country" autocomplete="country" maxlength="2" value="{country}"></p>
<p><label for="postal_code">Postcode (optional)</label>
<input id="postal_code" name="postal_code" autocomplete="postal-code" value="{postal_code}"></p>
</div>
</fieldset>
{message}
<p><button id="pay" type="submit">{button}</button></p>
</form>
{bank}
{cancel}"""

BANK_LINK = '<p><a id="bank" href="{url}">Pay by bank debit instead</a></p>'

BANK = """<h1>Pay by bank debit</h1>
<p class="amount" id="amount">{amount}</p>
{error}
<form method="post" action="{action}">
<p><label for="email">Email</label>
<input id="email" name="email" type="email" value="{email}" autocomplete="email" {locked}></p>
<p><label for="name">Name of the account holder</label>
<input id="name" name="name" autocomplete="name" value="{name}" required></p>
{routing}
<p><label for="account_number">{label}</label>
<span class="hint" id="account_hint">{hint}</span>
<input id="account_number" name="account_number" autocomplete="off" required aria-describedby="account_hint"></p>
<p>By going on you authorise the charity to debit this account. The bank decides in a few days.</p>
<p><button id="pay" type="submit">Authorise the debit</button></p>
</form>
<p><a href="{back}">Pay by card instead</a></p>"""

ROUTING = """<p><label for="routing_number">Routing number</label>
<input id="routing_number" name="routing_number" inputmode="numeric" value="{number}" required></p>"""

PORTAL = """<h1>Your gifts</h1>
{error}
{parts}
{link}"""

PORTAL_ACTION = """<form method="post" action="{action}">
<input type="hidden" name="action" value="{name}">
<input type="hidden" name="subscription" value="{id}">
<p><button id="{name}_{id}" type="submit" class="plain">{words}</button></p>
</form>"""

PORTAL_CARD = """<h2>Another card</h2>
<form method="post" action="{action}">
<input type="hidden" name="action" value="card">
<p><label for="card_number">Card number</label>
<span class="hint" id="card_hint">4242 4242 4242 4242 pays.</span>
<input id="card_number" name="card_number" inputmode="numeric" autocomplete="cc-number" required
 aria-describedby="card_hint"></p>
<div class="pair">
<p><label for="exp">Expiry (MM/YY)</label>
<input id="exp" name="exp" inputmode="numeric" autocomplete="cc-exp" required></p>
<p><label for="cvc">Security code (CVC)</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required></p>
</div>
<p><button id="save" type="submit">Save this card</button></p>
</form>"""

CONFIRM = """<h1>Your bank asks: is this you?</h1>
<p>A payment of {amount} waits for your answer. At a real bank this would be its own page.</p>
<form method="post">
<p><button id="confirm" name="answer" value="yes" type="submit">Yes, complete the payment</button></p>
<p><button id="refuse" name="answer" value="no" type="submit" class="plain">No, refuse the payment</button></p>
</form>"""

NOTICE = """<h1>{title}</h1>
<p>{words}</p>
{link}"""
