/* A visit is moved on the board: by keyboard through the free times of its clinician, or pulled there with a pointer.
   The server says which times are free, or what is in the way of another, and asks before it moves anything; here they
   are only shown in their places. */
(() => {
  "use strict";

  const ROW = 300; /* seconds */
  const QUARTER = 3; /* rows */
  const FAR = 6; /* pixels from a press to a pull */
  const GAP = 24; /* pixels between a time in its place and the panel over the board */
  const bar = document.getElementById("in-hand");
  const panel = () => document.getElementById("move");
  const board = () => document.getElementById("board");
  if (!bar || !panel() || !board() || !window.htmx) return;

  /* ---- The time in its place ---- */

  let pull = null;

  const clear = () => {
    for (const ghost of document.querySelectorAll(".board__ghost")) ghost.remove();
  };

  const rowOf = (time) => Math.floor((Number(time.dataset.at) - Number(board().dataset.opens)) / ROW);

  const draw = (time) => {
    clear();
    const rows = document.getElementById(panel().dataset.column)?.querySelector(".board__rows");
    if (!rows || !time || rowOf(time) < 0 || Number(time.dataset.at) >= Number(board().dataset.closes)) return;
    const ghost = document.createElement("li");
    ghost.className = `board__ghost r-${rowOf(time)} span-${Math.max(1, Math.round(Number(time.dataset.minutes) / 5))}`;
    ghost.ariaHidden = "true";
    ghost.textContent = time.matches("a") ? time.textContent : "";
    ghost.style.scrollMarginBottom = `${panel().offsetHeight + GAP}px`;
    rows.append(ghost);
    if (!pull) ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  /* ---- The steps ---- */

  const ask = (address) => window.htmx.ajax("GET", address, { target: "#move", swap: "outerHTML" });

  const leave = () => {
    const block = document.getElementById(panel().dataset.block);
    clear();
    block?.classList.remove("block--moving");
    const closed = document.createElement("div");
    closed.id = "move";
    closed.hidden = true;
    panel().replaceWith(closed);
    block?.focus();
  };

  bar.addEventListener("click", (event) => {
    const link = event.target.closest("[data-act=move]");
    if (!link) return;
    event.preventDefault();
    ask(link.href);
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#move [data-leave]")) return;
    event.preventDefault();
    leave();
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (panel().hidden) return;
    bar.hidden = true;
    document.getElementById(panel().dataset.block)?.classList.add("block--moving");
    draw(panel().querySelector(".move__step[data-at]") ?? document.activeElement.closest("#move [data-at]"));
  });

  document.addEventListener("focusin", (event) => {
    const time = event.target.closest("#move-times [data-at]");
    if (time) draw(time);
  });

  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel().hidden) {
      pull = null;
      leave();
      return;
    }
    const time = event.target.closest?.("#move-times [data-at]");
    if (!time || !STEPS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const times = [...document.querySelectorAll("#move-times [data-at]")];
    times[times.indexOf(time) + STEPS[event.key]]?.focus();
  });

  /* ---- Pulled with a mouse or a pen; a finger scrolls ---- */

  /* Where the block is held: the free time there, or for those who may choose any, the place itself. */
  const aim = (top) => {
    const rows = document.getElementById(panel().dataset.column)?.querySelector(".board__rows");
    if (!rows) return null;
    const row = (top - rows.getBoundingClientRect().top) / parseFloat(getComputedStyle(rows).gridAutoRows);
    const away = (time) => Math.abs(rowOf(time) - row);
    const free = [...panel().querySelectorAll("#move-times [data-at]")].reduce((best, one) => (!best || away(one) < away(best) ? one : best), null);
    const { anywhere, minutes } = panel().dataset;
    return !anywhere || (free && away(free) * ROW <= Number(minutes) * 30) ? free : place(row);
  };

  /* To the quarter of an hour; nothing where it is already. */
  const place = (row) => {
    const { anywhere, anywhereLabel, minutes } = panel().dataset;
    const at = Number(board().dataset.opens) + Math.round(row / QUARTER) * QUARTER * ROW;
    const there = document.createElement("a");
    there.href = anywhere.replace(/\d+$/, at);
    there.textContent = anywhereLabel;
    Object.assign(there.dataset, { at, minutes });
    return there.href.endsWith(anywhere) ? null : there;
  };

  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".board a.block")) event.preventDefault();
  });

  document.addEventListener("pointerdown", (event) => {
    const block = event.target.closest(".board a.block");
    const may = (block?.dataset.acts ?? "").split(" ").includes("move");
    pull = may && event.button === 0 && event.pointerType !== "touch"
      ? { block, from: event.clientY, inside: event.clientY - block.getBoundingClientRect().top, time: null, begun: false }
      : null;
  });

  document.addEventListener("pointermove", (event) => {
    if (!pull) return;
    if (!pull.begun && Math.abs(event.clientY - pull.from) > FAR) {
      pull.begun = true;
      pull.block.focus();
      bar.querySelector("[data-act=move]").click();
    }
    if (!pull.begun || panel().hidden) return;
    pull.time = aim(event.clientY - pull.inside);
    draw(pull.time);
  });

  /* The click that ends a pull opens nothing. */
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("pointerup", () => {
    const pulled = pull;
    pull = null;
    if (!pulled?.begun) return;
    window.addEventListener("click", swallow, { capture: true });
    setTimeout(() => {
      window.removeEventListener("click", swallow, { capture: true });
      if (pulled.time) ask(pulled.time.href);
    }, 0);
  });
  document.addEventListener("pointercancel", () => {
    pull = null;
  });
})();
