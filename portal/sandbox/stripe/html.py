"""The HTML of Stripe's pages."""

STYLE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>
  :root { color-scheme: light; }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 1.5rem 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1c2530; background: #f4f6f8; }
  main { max-width: 26rem; margin: 0 auto; padding: 1.5rem; background: #fff; border-radius: .75rem; }
  h1 { margin: 0; font-size: 1.75rem; } p { margin: .25rem 0 1rem; overflow-wrap: anywhere; }
  label { display: block; margin-top: .75rem; font-weight: 600; }
  input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; border: 1px solid #6b7785;
          border-radius: .5rem; }
  .two { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
  button { width: 100%; min-height: 2.75rem; margin-top: 1rem; font: inherit; font-weight: 600; color: #fff;
           background: #2f4b9e; border: 1px solid #2f4b9e; border-radius: .5rem; cursor: pointer; }
  button.quiet { color: #2f4b9e; background: #fff; }
  :focus-visible { outline: 3px solid #b06a00; outline-offset: 2px; }
  .failure { padding: .75rem; color: #8a1c1c; background: #fdecec; border-radius: .5rem; }
  a { display: inline-block; min-height: 2.75rem; padding: .6rem 0; color: #2f4b9e; }
  ul { padding: 0; list-style: none; font-size: .9375rem; } code { font-size: 1rem; white-space: nowrap; }
  small { color: #515c68; }
</style>
"""
PAY = (
    STYLE
    + """<title>Pay {{ sum }}</title>
<main>
  <h1>{{ sum }}</h1>
  <p>{{ session._names }}</p>
  {% if failure %}<p class="failure" role="alert">{{ failure }}</p>{% endif %}
  <form method="post" action="/stripe/pay/{{ session.id }}">
    <label for="number">Card number</label>
    <input id="number" name="number" inputmode="numeric" autocomplete="off" required placeholder="4242 4242 4242 4242">
    <div class="two">
      <div><label for="expiry">Expiry</label><input id="expiry" name="expiry" autocomplete="off" value="12/40"></div>
      <div><label for="cvc">Security code</label>
        <input id="cvc" name="cvc" inputmode="numeric" autocomplete="off" value="123"></div>
    </div>
    <button>Pay {{ sum }}</button>
  </form>
  {% if session.cancel_url %}<a href="{{ session.cancel_url }}">Back without paying</a>{% endif %}
  <p><small>This is a stand-in of Stripe's page: no card is charged. Cards that work here:</small></p>
  <ul>{% for card in cards %}<li><code>{{ card.number }}</code> {{ card.effect }}</li>{% endfor %}</ul>
</main>
"""
)
QUESTION = (
    STYLE
    + """<title>Confirm the payment of {{ sum }}</title>
<main>
  <h1>Is it you?</h1>
  <p>Your bank asks you to confirm the payment of {{ sum }}.</p>
  <form method="post">
    <button name="answer" value="yes">Confirm</button>
    <button name="answer" value="no" class="quiet">Refuse</button>
  </form>
</main>
"""
)
ENDED = (
    STYLE
    + """<title>Payment</title>
<main>
  <h1>Payment</h1>
  <p>{{ words }}</p>
  {% if back %}<a href="{{ back }}">Back</a>{% endif %}
</main>
"""
)
