// What pages gain from a script; all of them work without it. Everything is declared in data attributes.
(function () {
  "use strict";
  var root = document.documentElement;
  var each = function (within, selector, act) { within.querySelectorAll(selector).forEach(act); };

  // Light and dark: the choice is kept in a cookie, so that the server writes it into the next page.
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-toggle]")) return;
    var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.dataset.themeChosen = "1";
    root.setAttribute("data-bs-theme", next);
    document.cookie = "theme=" + next + ";path=/;max-age=31536000;samesite=lax";
    document.dispatchEvent(new Event("ts-theme"));
  });

  // Copy and print buttons.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button && navigator.clipboard) {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        var before = button.getAttribute("aria-label");
        button.setAttribute("aria-label", button.dataset.copied);
        button.title = button.dataset.copied;
        setTimeout(function () { button.setAttribute("aria-label", before); button.title = before; }, 1500);
      });
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  // A form marked data-once is sent once; going back in history opens it again.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () {
      each(form, "button[type=submit], button:not([type])", function (button) { button.setAttribute("aria-disabled", "true"); });
    }, 0);
  });
  window.addEventListener("pageshow", function () {
    each(document, "form[data-once]", function (form) {
      delete form.dataset.sent;
      each(form, "button[aria-disabled]", function (button) { button.removeAttribute("aria-disabled"); });
    });
  });

  // A whole row leads where its first link leads; choosing text, links and controls keep their own meaning.
  document.addEventListener("click", function (event) {
    var row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, select, label, summary, textarea")) return;
    if (String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href); else location.href = row.dataset.href;
  });

  // Choosing rows: all at once, and how many.
  function countChosen() {
    each(document, "form[data-bulk]", function (form) {
      // `form.id` would be the chosen boxes, whose name is "id".
      var own = form.getAttribute("id");
      var chosen = document.querySelectorAll('input[name=id][form="' + own + '"]:checked').length;
      var place = form.querySelector("[data-bulk-count]");
      if (place) place.textContent = chosen ? place.dataset.bulkCount.replace("#", chosen) : "";
    });
  }
  document.addEventListener("change", function (event) {
    var all = event.target.dataset.bulkAll;
    if (all) each(document, 'input[name=id][form="' + all + '"]', function (box) { box.checked = event.target.checked; });
    if (all || event.target.name === "id") countChosen();
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  // Keys declared on controls with data-key: links and buttons are clicked, fields get the focus. `?` shows them all.
  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type);
  }
  document.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (typing(event.target)) event.target.blur();
      each(document, "details.ts-menu[open]", function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (typing(event.target)) return;
    // Enter keeps its own meaning on links, buttons and the like.
    if (event.key === "Enter" && !event.target.matches("body, main, input")) return;
    if (event.key === "?") {
      var help = document.querySelector("[data-key-help]");
      if (help) { help.open = !help.open; help.scrollIntoView({ block: "nearest" }); event.preventDefault(); }
      return;
    }
    var found = Array.prototype.find.call(document.querySelectorAll("[data-key]"), function (control) {
      return control.dataset.key === event.key && !control.closest("[hidden]") && control.getClientRects().length;
    });
    if (!found) return;
    event.preventDefault();
    if (found.matches("input[type=checkbox], input[type=radio], a, button, summary")) found.click();
    if (found.matches("input, textarea, select")) found.focus();
  });
  // A menu closes where the reader clicks beside it.
  document.addEventListener("click", function (event) {
    each(document, "details.ts-menu[open], .ts-actions details.ts-confirm[open]", function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  var wrong = document.querySelector("[data-focus]");
  if (wrong) wrong.focus();
  each(document, "[data-key]", function (control) {
    if (!control.hasAttribute("aria-keyshortcuts")) control.setAttribute("aria-keyshortcuts", control.dataset.key);
  });
})();
