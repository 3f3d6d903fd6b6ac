// Runs before the first paint: marks that scripts run, and sets the theme the device asks for where none was chosen.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  if (root.hasAttribute("data-bs-theme")) return;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    if (root.dataset.themeChosen) return;
    root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
    document.dispatchEvent(new Event("ts-theme"));
  }
  follow();
  dark.addEventListener("change", follow);
})();
