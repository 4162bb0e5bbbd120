/* Shows a letter while its words are typed: presses the preview's own button for whoever pauses typing. */
"use strict";
(() => {
  const follow = () => {
    const form = document.querySelector("form[data-wording]");
    const button = form?.querySelector("[data-wording-preview]");
    if (!button) return;
    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => form.requestSubmit(button), 400);
    });
  };
  // The panel runs its scripts before there is a form.
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", follow);
  else follow();
})();
