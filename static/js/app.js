/* What pages gain with JavaScript. Everything works without it; nothing here decides anything. */
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  /* The viewer's time zone, for the server to show times in. */
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (/^[\w+/-]+$/.test(zone ?? "") && !document.cookie.split("; ").includes(`tz=${zone}`)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `tz=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }

  /* What can be printed has a button for it where there is somebody to press it. */
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  /* A long menu beside the page is scrolled to where one is. */
  const here = document.querySelector(".side [aria-current]");
  const side = here?.closest(".side");
  if (side && here.offsetTop + here.offsetHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2;

  /* Countdown of a held time: silent, except at two minutes and at the end. */
  const countdowns = () => {
    for (const box of document.querySelectorAll("[data-countdown]")) {
      const left = Math.max(0, Math.round((Date.parse(box.dataset.countdown) - Date.now()) / 1000));
      const state = left === 0 ? "over" : left <= 120 ? "soon" : "held";
      const clock = box.querySelector("[data-countdown-clock]");
      if (clock) clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (box.dataset.state === state) continue;
      box.dataset.state = state;
      const say = box.querySelector("[data-countdown-say]");
      if (say && state !== "held") say.textContent = box.dataset[state];
      if (state === "over") box.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    }
  };

  /* Focus follows what changed: the error summary, or whatever the answer marks with data-focus. */
  const focusIn = (part, mark = "[data-focus]") => {
    const target = part.matches?.(mark) ? part : part.querySelector?.(mark);
    if (!target) return;
    if (!target.matches("a, button, input, select, textarea, [tabindex]")) target.tabIndex = -1;
    target.focus();
  };

  /* A form is sent once, but for one whose answer is a file. Buttons keep their name and value: they are marked, not disabled. */
  const release = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-delete], [hx-boost], [data-stays]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", release);

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-dismiss]");
    if (close) close.closest(".notice")?.remove();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  /* Single keys for the front desk: data-shortcut="n" on a link or field. "/" goes to the search field. Off while typing. */
  const typing = (element) => element.isContentEditable || element.matches("input, select, textarea");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (typing(target)) target.focus();
    else target.click();
  });

  /* htmx */
  let hadFocus = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    /* A failure that is not one of our alerts (a proxy's own page) must not replace part of the page. */
    if (xhr.status >= 500 && !xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = false;
    hadFocus ||= document.activeElement !== document.body; /* two answers may overlap */
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    /* What a refresh by itself does not answer stays to be read. */
    if (event.detail.requestConfig?.triggeringEvent?.type?.startsWith("live-")) return;
    document.getElementById("alerts")?.replaceChildren();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    focusIn(event.detail.elt);
    /* What was pressed is no longer there: go on at what stands in its place. */
    if (hadFocus && document.activeElement === document.body) focusIn(event.detail.elt, "[data-focus-else]");
    if (event.detail.elt.isConnected) hadFocus = false;
  });
  /* Where only the times of a day were replaced, the calendar beside them says which day that is. */
  document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
    const day = elt.id === "times" && document.getElementById(`day-${elt.dataset.day}`);
    if (!day) return;
    for (const other of document.querySelectorAll(".day[aria-current]")) other.removeAttribute("aria-current");
    day.setAttribute("aria-current", "date");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => {
      const template = document.getElementById("no-connection");
      if (template) document.getElementById("alerts")?.replaceChildren(template.content.cloneNode(true));
    });
  }

  /* A page that came back with something to say is read from there. */
  const said = document.querySelector("#error-summary, [role=alert][data-focus]");
  if (said) said.focus();
  countdowns();
  setInterval(countdowns, 1000);
})();
