/* Joins allauth's passkey functions to the button of the page, and says in words what the console would say. */
"use strict";
(() => {
  const button = document.querySelector("[data-passkey]");
  const trouble = document.getElementById("passkey-trouble");
  if (!button || !trouble) return;
  const say = () => { trouble.hidden = false; };
  if (!window.PublicKeyCredential) { // an old browser, or an address that is neither https nor localhost
    button.disabled = true;
    say();
    return;
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say();
  });
  const forms = window.allauth.webauthn.forms;
  const ids = { credential: button.dataset.credential, data: "passkey-data" };
  switch (button.dataset.passkey) {
    case "login": forms.loginForm({ ids: { ...ids, login: button.id } }); break;
    case "add": forms.addForm({ ids: { ...ids, add: button.id, passwordless: "id_passwordless" } }); break;
    case "authenticate": forms.authenticateForm({ ids: { ...ids, authenticate: button.id } }); break;
  }
})();
