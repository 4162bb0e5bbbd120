/* Starts the date pickers and inline panels that Wagtail's templates start by inline scripts. Those templates are
   replaced by ours (staff/templates/wagtailadmin), which leave a <template data-staff-init> in the place of the script. */
"use strict";
(() => {
  const start = {
    initDateChooser: (id, options) => window.initDateChooser(id, options),
    initDateTimeChooser: (id, options) => window.initDateTimeChooser(id, options),
    initTimeChooser: (id, options) => window.initTimeChooser(id, options),
    InlinePanel: (id, options) => new window.InlinePanel(options),
    MultipleChooserPanel: (id, options) => new window.MultipleChooserPanel(options),
  };
  const run = (mark) => {
    const { staffInit, staffId, staffOptions } = mark.dataset;
    mark.remove();
    start[staffInit](staffId, JSON.parse(staffOptions));
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
})();
