/* The day board by keyboard: arrow keys from entry to entry, one key for what may be done with the visit in hand.
   Without it every visit is a link to its page, which has the same buttons. */
(() => {
  "use strict";

  const bar = document.getElementById("in-hand");
  const board = () => document.getElementById("board");
  const isPlain = (event) => !event.altKey && !event.ctrlKey && !event.metaKey;
  if (!board() || !bar) return;

  /* ---- The visit in hand: the last one that had the focus ---- */

  let held = null;
  const inHand = () => (held && document.getElementById(held)) || null;
  const acts = (block) => (block.dataset.acts ?? "").split(" ").filter(Boolean);

  const show = (block) => {
    held = block?.id ?? null;
    bar.hidden = !block;
    if (!block) return;
    const number = held.replace("block-", "");
    bar.querySelector("[data-who]").textContent =
      `${block.querySelector(".block__time").firstChild.textContent} ${block.querySelector(".block__name").textContent}`;
    bar.elements.next.value = `${bar.dataset.next}#${held}`;
    const may = acts(block);
    for (const act of bar.querySelectorAll("[data-act]")) {
      const address = act.dataset.action.replace("/0", `/${number}`);
      act.hidden = act.dataset.act !== "open" && !may.includes(act.dataset.act);
      if (act.matches("a")) act.href = act.dataset.act === "no-show" ? `${address}?next=${encodeURIComponent(bar.elements.next.value)}` : address;
      else act.formAction = address;
    }
  };

  document.addEventListener("focusin", (event) => {
    const block = event.target.closest(".board a.block");
    if (block) show(block);
    else if (!bar.contains(event.target) && !event.target.closest("#move")) show(null);
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (held) show(inHand());
  });

  const press = (key) => {
    const act = [...bar.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.hidden);
    act?.click();
    return Boolean(act);
  };

  /* ---- Arrow keys ---- */

  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return box.top + box.height / 2;
  };
  const columns = () => [...board().querySelectorAll(".board__column")];
  const entries = (column) => [...column.querySelectorAll("a.block, a.gap")];
  const nearest = (column, height) =>
    entries(column).reduce((best, one) => (!best || Math.abs(middle(one) - height) < Math.abs(middle(best) - height) ? one : best), null);

  const step = (from, key) => {
    const column = from.closest(".board__column");
    if (key === "ArrowDown" || key === "ArrowUp") {
      const list = entries(column);
      return list[list.indexOf(from) + (key === "ArrowDown" ? 1 : -1)];
    }
    const all = columns();
    const way = key === "ArrowRight" ? 1 : -1;
    for (let at = all.indexOf(column) + way; all[at]; at += way) {
      const found = nearest(all[at], middle(from));
      if (found) return found;
    }
    return null;
  };

  /* The board itself has the focus: arrow down goes to what is next, the first entry that is not over. */
  const first = () => {
    const all = [...board().querySelectorAll("a.block, a.gap")];
    const line = board().querySelector(".now-line");
    return all.find((one) => !line || middle(one) >= middle(line)) ?? all[0];
  };

  document.addEventListener("keydown", (event) => {
    if (!isPlain(event) || event.defaultPrevented) return;
    const entry = event.target.closest?.(".board a.block, .board a.gap");
    if (event.key.startsWith("Arrow") && !event.shiftKey && (entry || event.target === board())) {
      const next = entry ? step(entry, event.key) : event.key === "ArrowDown" && first();
      if (next) {
        event.preventDefault();
        next.focus();
      }
      return;
    }
    if (entry?.matches(".block") && press(event.key)) event.preventDefault();
  });

  /* Back from a press: go on where it was. */
  const back = document.getElementById(location.hash.slice(1));
  if (back?.matches(".board a")) back.focus();
})();
