/* The clinician's day by keyboard: arrow keys through the visits, Enter opens one beside it, Escape goes back to the list.
   Without it every visit is a link to the day with that visit opened. */
(() => {
  "use strict";

  const beside = () => document.getElementById("beside");
  const names = () => [...document.querySelectorAll(".agenda__name a")];
  const opened = () => document.getElementById(beside()?.dataset.visit ?? "");

  /* The list says which visit stands beside it. */
  const mark = () => {
    for (const name of names()) name.removeAttribute("aria-current");
    opened()?.setAttribute("aria-current", "true");
  };
  document.addEventListener("htmx:afterSettle", mark);

  const close = (link) => {
    const name = opened();
    const empty = beside().cloneNode(false);
    const state = document.createElement("div");
    state.id = "beside-state";
    Object.assign(empty, { className: "beside", hidden: true });
    delete empty.dataset.visit;
    empty.append(state);
    beside().replaceWith(empty);
    history.pushState(null, "", link.href);
    mark();
    name?.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-closes]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    close(link);
  });

  const STEPS = { ArrowDown: 1, ArrowUp: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (event.key === "Escape" && beside()?.contains(event.target)) {
      opened()?.focus();
      return;
    }
    const list = names();
    const next = STEPS[event.key] && event.target.matches(".agenda__name a") ? list[list.indexOf(event.target) + STEPS[event.key]] : null;
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
