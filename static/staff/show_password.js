/* Typing a password once is enough when it can be seen. */
"use strict";
(() => {
  const row = document.getElementById("show-password");
  const field = document.getElementById("id_password");
  if (!row || !field) return;
  row.hidden = false;
  row.querySelector("input").addEventListener("change", (event) => {
    field.type = event.target.checked ? "text" : "password";
  });
})();
