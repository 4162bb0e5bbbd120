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
  /* The smallest charge, a multiple of the step, that leaves at least the gift when the fee is taken off. */
  const grossUp = (gift, percent, fixed, step) => {
    const share = rate(percent);
    if (share.top >= share.bottom) return gift; // no charge could ever leave the gift
    const near = ((gift + fixed) * share.bottom) / (share.bottom - share.top);
    let charge = Math.max(gift, Math.floor((near - 2) / step) * step);
    while (charge - feeOn(charge, share, fixed) < gift) charge += step;
    return charge;
  };
  const LARGEST = 99999999; // minor units
  /* What the server takes as an amount ("25", "25,50", "1 000.00", the sign before or after; see donations/typed_amount.py)
     in minor units; 0 for everything else, which the server then explains. */
  const ZEROS = [..."0٠۰०০๐０"].map((zero) => zero.codePointAt(0));
  const MARKS = { "٫": ".", "．": ".", "٬": "'", "،": ",", "，": ",", "’": "'", "ʼ": "'", "￥": "¥" };
  const plain = (char) => {
    const zero = ZEROS.find((each) => char.codePointAt(0) >= each && char.codePointAt(0) <= each + 9);
    if (zero) return String(char.codePointAt(0) - zero);
    return MARKS[char] ?? char.replace(/\p{Zs}/u, " ");
  };
  const NUMBER = /^(0|[1-9]\d*|[1-9]\d{0,2}([ ',.])\d{3}(?:\2\d{3})*)?(?:([.,])(\d{1,3}))?$/;
  const minor = (typed, { decimals, exponent, step, groups, lakhs, signs }) => {
    let text = [...String(typed || "").replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "")].map(plain).join("").trim();
    const low = text.toLowerCase();
    const sign = signs.find((each) => low.startsWith(each) || low.endsWith(each));
    if (sign) text = (low.startsWith(sign) ? text.slice(sign.length) : text.slice(0, -sign.length)).trim();
    text = text.replace(/(\d)(?:[.,]|[.,:/][-–—]{1,2})$/, "$1");
    if (lakhs) text = text.replace(/^[1-9]\d?(?:,\d\d)+,\d{3}(?![\d,])/, (all) => all.replaceAll(",", ""));
    const match = NUMBER.exec(text);
    if (!match || !match[0] || (match[2] && match[2] === match[3])) return 0;
    let [, whole = "0", mark, point, part = ""] = match;
    if (part.length === 3 && !mark && whole !== "0" && whole.length <= 3) {
      if (!groups.includes(point)) return 0; // a thousand or one: the server asks
      [whole, part] = [whole + part, ""];
    }
    const units = Number(whole.replace(/\D/g, "") + part.padEnd(exponent, "0"));
    return part.length > decimals || units % step || units > LARGEST ? 0 : units;
  };

  const form = document.querySelector("form#give");
  if (!form) return;
  const { currency, locale, feePercent, feeFixed } = form.dataset;
  const decimals = Number(form.dataset.decimals); // behind the point, as people write
  const exponent = Number(form.dataset.exponent); // and as Stripe counts: 2 of ISK, which has none, and 3 of KWD
  const fixed = Number(feeFixed) || 0;
  const step = Number(form.dataset.step) || 1; // 100 where Stripe counts in hundredths that people do not use
  const words = { // the template may give each of them in its own language as data-words-…
    once: form.dataset.wordsOnce || "Continue with {sum}, once",
    monthly: form.dataset.wordsMonthly || "Continue with {sum} every month",
    yearly: form.dataset.wordsYearly || "",
    adds: form.dataset.wordsAdds || "Adds {sum}.",
    suggest: form.dataset.wordsSuggest,
    total: form.dataset.wordsTotal || "Total: {sum} {when}",
  };
  const often = {
    once: form.dataset.wordsJustOnce || "once",
    monthly: form.dataset.wordsEveryMonth || "every month",
    yearly: form.dataset.wordsEveryYear || "",
  };
  const places = [...document.querySelectorAll("[data-o]")];
  const before = new Map(places.map((place) => [place, [...place.childNodes]]));
  const suggestStep = Number(form.dataset.suggestStep) || 1; // the server rounds its suggestion to the same
  const boxes = document.querySelectorAll(".sum"); // one of them is seen
  const format = (digits) => new Intl.NumberFormat(locale || document.documentElement.lang, {
    style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  const money = (units) => format(units % 10 ** exponent ? decimals : 0).format(units / 10 ** exponent);
  const signs = (form.dataset.signs || "").toLowerCase().split(" ").filter(Boolean); // the longest first
  const known = { decimals, exponent, step, signs, groups: form.dataset.groups || "", lakhs: "lakhs" in form.dataset };
  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value || "";
  let telling = 0;

  const show = () => {
    const frequency = chosen("frequency");
    const pick = frequency ? chosen(`amount_${frequency}`) : "";
    const typed = pick === "other" ? form.querySelector("[name=other]")?.value : pick;
    const gift = minor(typed, known);
    const fee = grossUp(gift, feePercent, fixed, step) - gift;
    const cover = form.querySelector("[name=cover_fee]")?.checked;
    const charged = gift + (cover ? fee : 0);
    const clear = gift && charged <= LARGEST; // above it the server says why not
    for (const box of boxes) box.hidden = !clear;
    const texts = {};
    const third = Math.floor((gift + Math.floor((3 * suggestStep) / 2)) / (3 * suggestStep)) * suggestStep;
    const small = third && third < gift && gift <= Number(form.dataset.suggestMost);
    form.querySelector(".if-once .own")?.classList.toggle("quiet", !small); // the other rungs are marked by the server
    if (clear) {
      const total = money(charged);
      const when = often[frequency];
      texts.gift = money(gift);
      texts.fee = money(cover ? fee : 0);
      texts.feeask = words.adds.replace("{sum}", money(fee));
      texts.total = total;
      texts.when = ` ${when}`;
      texts.verb = words[frequency].replace("{sum}", total);
      if (words.suggest) texts.nudge = words.suggest.replace("{sum}", money(third));
      texts.say = words.total.replace("{sum}", total).replace("{when}", when);
    }
    for (const place of places) {
      const text = texts[place.dataset.o];
      if (place.dataset.o !== "say") place.replaceChildren(...(text === undefined ? before.get(place) : [text]));
    }
    /* Spoken once the typing rests, not at each key. */
    clearTimeout(telling);
    telling = setTimeout(() => {
      for (const place of places) if (place.dataset.o === "say") place.textContent = texts.say || "";
    }, 700);
  };
  form.addEventListener("input", show);
  /* Another currency at once, chosen by hand. Arrow keys change a closed menu at each press: its button stays for them. */
  const menu = form.querySelector("[name=into]");
  let keys = false;
  menu?.addEventListener("pointerdown", () => { keys = false; });
  menu?.addEventListener("keydown", () => { keys = true; });
  menu?.addEventListener("change", () => keys || menu.nextElementSibling.click());
  /* What no cookie could hold came back as the answer to a POST, which no browser keeps: Back from Stripe would find an
     error there. As a GET it finds what was begun, as the server knows it. */
  form.addEventListener("submit", () => history.replaceState(history.state, "", location.href));
  addEventListener("pageshow", show); // the browser may bring typed values back
  show();
})();
