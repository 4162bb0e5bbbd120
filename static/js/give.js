/* The give form's live total. The form works without it; the server computes every sum again and decides. */
"use strict";
(() => {
  /* Whole numbers only. The rate "2.9" becomes 29 of 1000, so that nothing is lost in a binary fraction. */
  const rate = (percent) => {
    const [whole, part = ""] = String(percent || "0").split(".");
    return { top: Number(whole + part), bottom: 100 * 10 ** part.length };
  };
  /* The fee on a charge, in minor units: its percentage rounded half up, and the fixed part. */
  const feeOn = (charge, { top, bottom }, fixed) => Math.floor((2 * charge * top + bottom) / (2 * bottom)) + fixed;
  /* The smallest charge that leaves at least the gift when the fee is taken off. */
  const grossUp = (gift, percent, fixed) => {
    const share = rate(percent);
    if (share.top >= share.bottom) return gift; // no charge could ever leave the gift
    const guess = Math.floor(((gift + fixed) * share.bottom) / (share.bottom - share.top)) - 2;
    let charge = Math.max(gift, guess);
    while (charge - feeOn(charge, share, fixed) < gift) charge += 1;
    return charge;
  };
  /* "25", "25.5", "1,000.00" in minor units; 0 for whatever is not plainly an amount, which the server then explains. */
  const minor = (typed, decimals) => {
    let text = String(typed || "").normalize("NFKC").trim().replace(/^[^\d.,-]{1,3}\s*/, "");
    if (/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(text)) text = text.replaceAll(",", "");
    const match = /^(\d{1,9})(?:\.(\d*))?$/.exec(text);
    if (!match) return 0;
    const part = match[2] || "";
    if (part.length > decimals && /[1-9]/.test(part.slice(decimals))) return 0;
    return Number(match[1] + part.slice(0, decimals).padEnd(decimals, "0"));
  };

  const form = document.querySelector("form#give");
  if (!form) return;
  const { currency, locale, feePercent, feeFixed } = form.dataset;
  const decimals = Number(form.dataset.decimals);
  const fixed = Number(feeFixed) || 0;
  const words = { // the template may give each of them in its own language as data-words-…
    once: form.dataset.wordsOnce || "Continue with {sum}, once",
    monthly: form.dataset.wordsMonthly || "Continue with {sum} every month",
    everyMonth: form.dataset.wordsEveryMonth || "every month",
    justOnce: form.dataset.wordsJustOnce || "once",
    adds: form.dataset.wordsAdds || "Adds {sum}.",
    total: form.dataset.wordsTotal || "Total: {sum} {when}",
  };
  const places = [...document.querySelectorAll("[data-o]")];
  const before = new Map(places.map((place) => [place, place.textContent]));
  const box = document.querySelector(".sum");
  const money = (units) => {
    const digits = units % 10 ** decimals ? decimals : 0;
    const value = units / 10 ** decimals;
    return new Intl.NumberFormat(locale || document.documentElement.lang, {
      style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(value);
  };
  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value || "";
  let telling = 0;

  const show = () => {
    const frequency = chosen("frequency");
    const pick = frequency ? chosen(`amount_${frequency}`) : "";
    const gift = minor(pick === "other" ? form.querySelector("[name=other]")?.value : pick, decimals);
    if (box) box.hidden = !gift;
    const texts = {};
    if (gift) {
      const fee = grossUp(gift, feePercent, fixed) - gift;
      const cover = form.querySelector("[name=cover_fee]")?.checked;
      const total = money(gift + (cover ? fee : 0));
      const when = frequency === "monthly" ? words.everyMonth : words.justOnce;
      texts.gift = money(gift);
      texts.fee = money(cover ? fee : 0);
      texts.feeask = words.adds.replace("{sum}", money(fee));
      texts.total = total;
      texts.when = ` ${when}`;
      texts.verb = words[frequency].replace("{sum}", total);
      texts.say = words.total.replace("{sum}", total).replace("{when}", when);
    }
    for (const place of places) {
      const text = texts[place.dataset.o] ?? before.get(place);
      if (place.dataset.o !== "say") place.textContent = text;
    }
    /* Spoken once the typing rests, not at each key. */
    clearTimeout(telling);
    telling = setTimeout(() => {
      for (const place of places) if (place.dataset.o === "say") place.textContent = texts.say || "";
    }, 700);
  };
  form.addEventListener("input", show);
  addEventListener("pageshow", show); // the browser may bring typed values back
  show();
})();
