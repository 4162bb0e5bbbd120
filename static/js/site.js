/* What the pages add when JavaScript runs. Every page works without this file. */
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const wide = matchMedia("(min-width: 80rem)");

  /* Navigation: Escape closes a panel and gives the focus back; on wide screens a click elsewhere closes it too. */
  const panels = all(".nav details");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const panel of panels.filter((p) => p.open)) {
      panel.open = false;
      one("summary", panel).focus();
    }
  });
  addEventListener("click", (event) => {
    if (!wide.matches) return;
    for (const panel of panels) if (panel.open && !panel.contains(event.target)) panel.open = false;
  });

  /* An answer to a sent form that is sent on: Back finds it by its address, since no browser keeps it as it was. */
  for (const form of all("form[data-sent-on]")) form.addEventListener("submit", () => history.replaceState(null, "", location.href));

  /* Errors: the summary above a form that came back is what the reader meets first. */
  one(".errors")?.focus();

  /* A slip in the host of an e-mail address: asked at once, never held against anybody (foundation/access/mistyped_email.py). */
  const slip = (typed, right) => {
    let at = 0;
    while (at < Math.min(typed.length, right.length) && typed[at] === right[at]) at += 1;
    const [rest, good] = [typed.slice(at), right.slice(at)];
    const swapped = rest.length > 1 && rest[1] + rest[0] + rest.slice(2) === good;
    return rest.slice(1) === good || rest === good.slice(1) || rest.slice(1) === good.slice(1) || swapped;
  };
  for (const field of all("input[data-hosts]")) {
    const hosts = field.dataset.hosts.split(" ");
    field.addEventListener("change", () => {
      for (const old of all(".near", field.parentElement)) old.remove();
      const typed = field.value.trim();
      const cut = typed.lastIndexOf("@") + 1;
      const host = typed.slice(cut).toLowerCase();
      const right = cut > 1 && !hosts.includes(host) && hosts.find((each) => each.length > 7 && slip(host, each));
      if (!right) return;
      const [before, after] = field.dataset.ask.split("{address}");
      const ask = document.createElement("p");
      ask.className = "hint near";
      ask.setAttribute("role", "status");
      const take = Object.assign(document.createElement("button"), { type: "button", className: "aslink" });
      take.textContent = typed.slice(0, cut) + right;
      take.addEventListener("click", () => { field.value = take.textContent; ask.remove(); field.focus(); });
      const sure = Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: typed });
      ask.append(before, take, after, sure); // who goes on has read it
      field.after(ask);
    });
  }

  /* Contents of a long text: the line of the part that is being read is marked. */
  const lines = all(".toc a");
  if (lines.length && "IntersectionObserver" in window) {
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((e) => e.isIntersecting)) {
        for (const line of lines) {
          if (line.hash === "#" + entry.target.id) line.setAttribute("aria-current", "location");
          else line.removeAttribute("aria-current");
        }
      }
    }, { rootMargin: "-10% 0px -75%" });
    for (const line of lines) {
      const part = document.getElementById(decodeURIComponent(line.hash.slice(1)));
      if (part) watch.observe(part);
    }
  }

  /* Get help: moving about on the page adds nothing to the history, so that one step back leaves it. */
  for (const link of all(".frugal main a[href^='#']")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      location.replace(link.href);
    });
  }

  /* Quick exit. The page goes blank before anything is loaded, our cookies end, and the new page takes this one's place
     in the tab's history. What the browser keeps elsewhere stays: “Staying safe” on Get help says so. */
  const say = one("#leaving");
  if (!say) return;
  const lights = all(".exit i b");
  const title = document.title;
  const PRESSES = 3;
  const PAUSE = 5000; // milliseconds from one press to the next
  let presses = 0;
  let forgetting = 0;
  let combined = false; // Shift was held for a capital letter, a selection or a click

  const leave = (event) => {
    event?.preventDefault();
    document.body.hidden = true;
    document.title = say.dataset.leaving;
    try { sessionStorage.left = 1; } catch { /* storage is forbidden here */ }
    fetch(say.dataset.cookies, { method: "POST", keepalive: true }).catch(() => {});
    location.replace(say.dataset.to);
  };
  const count = (number) => {
    presses = number;
    clearTimeout(forgetting);
    lights.forEach((light, index) => light.classList.toggle("on", index < presses));
    const left = presses ? PRESSES - presses : 0;
    say.textContent = left === 1 ? say.dataset.onceMore : left ? say.dataset.more.replace("{n}", left) : "";
    if (presses) forgetting = setTimeout(count, PAUSE, 0);
  };

  for (const link of all("[data-leave]")) link.addEventListener("click", leave);
  for (const hint of all(".exit i")) hint.hidden = false;
  addEventListener("keydown", (event) => {
    if (event.key === "Shift") {
      if (!event.repeat) combined = false;
    } else {
      combined = true;
      if (presses) count(0);
    }
  });
  addEventListener("pointerdown", (event) => { if (event.shiftKey) combined = true; });
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || combined || event.ctrlKey || event.altKey || event.metaKey) return;
    count(presses + 1);
    if (presses >= PRESSES) leave();
  });
  /* Back from the other site may show this page as it was left: blank. */
  addEventListener("pageshow", (event) => {
    const back = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    let left = false;
    try { left = sessionStorage.left; } catch { /* as above */ }
    if (back && left) for (const form of document.forms) form.reset(); // browsers put back what was typed
    document.body.hidden = false;
    document.title = title;
    count(0);
  });
})();
