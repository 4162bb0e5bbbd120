/* Lets the panel run under a policy without inline scripts and styles.

   Scripts: Wagtail starts date pickers, inline panels and choosers by an inline script behind the field. Our templates
   (staff/templates/wagtailadmin) and staff/choosers.py leave a <template data-staff-init> in its place.
   Styles: the rich-text editor draws <style> elements. They become constructed style sheets, which the policy lets be. */
"use strict";
(() => {
  const CHOOSER = /^\w*Chooser$/;
  const starters = {
    initDateChooser: (id, options) => window.initDateChooser(id, options),
    initDateTimeChooser: (id, options) => window.initDateTimeChooser(id, options),
    initTimeChooser: (id, options) => window.initTimeChooser(id, options),
    createTaskChooser: (id) => window.createTaskChooser(id),
    InlinePanel: (id, options) => new window.InlinePanel(options),
    MultipleChooserPanel: (id, options) => new window.MultipleChooserPanel(options),
  };
  const run = (mark) => {
    const { staffInit, staffId, staffOptions } = mark.dataset;
    mark.remove();
    const options = JSON.parse(staffOptions);
    if (Object.hasOwn(starters, staffInit)) starters[staffInit](staffId, options);
    else if (CHOOSER.test(staffInit)) new window[staffInit](staffId, options);
  };
  // Marks inside a <template> are not in the document: an empty form waits there until it is needed.
  const look = (root) => root.querySelectorAll("template[data-staff-init]").forEach(run);

  document.addEventListener("DOMContentLoaded", () => {
    look(document);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) {
          if (node.nodeType !== Node.ELEMENT_NODE || !node.isConnected) continue;
          if (node.matches("template[data-staff-init]")) run(node);
          else look(node);
        }
      }
    }).observe(document.body, { childList: true, subtree: true });
  });

  class DrawnStyle extends HTMLElement {
    #sheet = new CSSStyleSheet();
    #copy = () => this.#sheet.replaceSync(this.textContent);
    #watch = new MutationObserver(this.#copy);

    connectedCallback() {
      this.hidden = true;
      this.#copy();
      this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#sheet];
    }

    disconnectedCallback() {
      this.#watch.disconnect();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
    }
  }
  customElements.define("staff-style", DrawnStyle);
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => create(String(name).toLowerCase() === "style" ? "staff-style" : name, options);
})();
