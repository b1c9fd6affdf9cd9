/* The front desk: arrow keys through lists, a board that keeps its place when it is refreshed. */
(() => {
  "use strict";

  /* Arrow down from the search field to the first patient; up and down, left and right through buttons. */
  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const field = event.target.closest("#search");
    if (field && event.key === "ArrowDown") {
      const first = document.querySelector("#matches [data-arrows] button");
      if (first) {
        event.preventDefault();
        first.focus();
      }
      return;
    }
    const list = event.target.closest("[data-arrows]");
    if (!list || event.target.type !== "submit") return;
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(event.target) + step] ?? (step < 0 ? document.querySelector("#search") : null);
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  /* The list of keys has the focus while it is open; the browser gives it back. */
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "keys" && event.newState === "open") event.target.querySelector("button").focus();
  }, true);

  /* The board scrolls inside itself: a refresh must not send it back to its corner. */
  let place = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const board = document.getElementById("board");
    place = board && { left: board.scrollLeft, top: board.scrollTop };
  });
  document.addEventListener("htmx:afterSwap", () => {
    const board = document.getElementById("board");
    if (board && place) board.scrollTo({ ...place, behavior: "instant" });
  });
})();
