/* A conversation: as soon as what was written is on its way, the field is free for the next words. */
(() => {
  "use strict";

  const field = () => document.querySelector("#write textarea");
  const isWriting = (event) => event.detail.elt?.id === "write";
  let sent = "";

  /* Pressed twice, it is sent once; the next words wait their turn (hx-sync). */
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("#write.htmx-request") || field().value.trim()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("htmx:beforeSend", (event) => {
    if (!isWriting(event)) return;
    sent = field().value;
    field().value = "";
    field().focus();
  });

  /* What did not arrive comes back, before whatever was typed meanwhile. A 422 brings its own form. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isWriting(event)) return;
    const { successful, xhr } = event.detail;
    if (successful) document.querySelector(".chat__window").scrollTop = 0;
    else if (xhr.status !== 422) field().value = [sent, field().value].filter(Boolean).join("\n");
    sent = "";
  });
})();
