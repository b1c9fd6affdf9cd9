/* Pages that refresh themselves when something on them has changed. Without it they are as good as their last loading.
   A piece says what it waits for: hx-trigger="live-appointment from:body", live-times, live-notification or live-message. */
(() => {
  "use strict";

  const home = document.querySelector("meta[name=live]");
  if (!home || !window.EventSource) return;

  const NAMES = {
    "appointment.changed": ["live-appointment"],
    "delay.changed": ["live-appointment"],
    "times.changed": ["live-times"],
    "notification.receive": ["live-notification", "live-bell"],
    "notification.read": ["live-notification", "live-bell"],
    "message.receive": ["live-message"],
    "message.read": ["live-message"],
  };
  const ALL = [...new Set(Object.values(NAMES).flat())];
  const TOGETHER = 80; /* ms: several changes in a moment are one refresh */
  const SHORTEST = 5000;
  const LONGEST = 60000;

  /* Telling the pieces. */
  const due = new Map();
  const tell = (name) => {
    if (due.has(name)) return;
    due.set(name, setTimeout(() => {
      due.delete(name);
      window.htmx?.trigger(document.body, name);
    }, TOGETHER));
  };

  document.body.addEventListener("live-bell", () => {
    for (const bell of document.querySelectorAll(".bell")) {
      if (bell.offsetParent !== null) window.htmx.trigger(bell, "ring");
    }
  });

  /* One stream for a tab that is seen. */
  let source = null;
  let since = home.dataset.since;
  let pause = SHORTEST;
  let retry = null;

  const open = () => {
    clearTimeout(retry);
    if (source || document.hidden) return;
    source = new EventSource(`${home.content}?since=${encodeURIComponent(since)}`);
    const note = (event) => {
      if (event.lastEventId) since = event.lastEventId;
    };
    source.addEventListener("open", () => {
      pause = SHORTEST;
    });
    source.addEventListener("look-again", (event) => {
      note(event);
      ALL.forEach(tell);
    });
    for (const [event, names] of Object.entries(NAMES)) {
      source.addEventListener(event, (happened) => {
        note(happened);
        names.forEach(tell);
      });
    }
    source.addEventListener("error", refused);
  };

  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };

  /* Too many listen, or nobody is there: ask now and then, until a stream is to be had. */
  const refused = () => {
    if (source?.readyState !== EventSource.CLOSED) return; /* the browser itself tries again */
    close();
    retry = setTimeout(() => {
      ALL.forEach(tell);
      open();
    }, pause * (0.75 + Math.random() / 2));
    pause = Math.min(LONGEST, pause * 2);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);

  /* A refresh that nobody has asked for takes nothing away: not what is being typed, not the place of the keyboard. */
  const isLive = (event) => event.detail.requestConfig?.triggeringEvent?.type?.startsWith("live-");
  const isTyping = (part) => {
    const active = document.activeElement;
    return part.contains(active) && active.matches("input:not([type=submit]), select, textarea, [contenteditable]");
  };
  const waiting = new Set();
  let stood = null;

  document.addEventListener("htmx:beforeSwap", (event) => {
    stood = null;
    const part = event.detail.target;
    if (!isLive(event) || !part) return;
    if (isTyping(part)) {
      event.detail.shouldSwap = false;
      waiting.add(event.detail.requestConfig.triggeringEvent.type);
    } else if (part.contains(document.activeElement)) {
      stood = document.activeElement.getAttribute("href");
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!stood || document.activeElement !== document.body) return;
    document.querySelector(`a[href="${CSS.escape(stood)}"]`)?.focus({ preventScroll: true });
    stood = null;
  });
  document.addEventListener("focusout", () => {
    setTimeout(() => {
      const names = [...waiting];
      waiting.clear();
      names.forEach(tell);
    }, 0);
  });

  open();
})();
