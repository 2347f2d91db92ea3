// The desk without a framework: the menu on small screens, "tick all", forms that ask before they act, and the lock.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest(".menu-button");
  if (button) {
    const open = document.getElementById(button.getAttribute("aria-controls")).classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches(".tick-all")) {
    for (const box of event.target.closest("table").querySelectorAll('tbody input[name="keys"]')) box.checked = event.target.checked;
  }
});
document.addEventListener("submit", (event) => {
  const asks = event.submitter && event.submitter.dataset.asks;
  if (asks && !window.confirm(asks)) event.preventDefault();
});
// Whoever is away for too long is signed out also here, so that nothing stays on the screen; he comes back to the same page.
const idle = Number(document.body.dataset.idle) * 1000;
const away = document.querySelector("form.sign-out");
if (idle && away) {
  let seen = Date.now();
  for (const kind of ["pointerdown", "keydown", "scroll"]) document.addEventListener(kind, () => { seen = Date.now(); }, { passive: true });
  const look = () => {
    if (Date.now() - seen < idle) return;
    seen = Date.now();
    away.elements.next.disabled = false;
    away.requestSubmit();
  };
  setInterval(look, Math.min(idle, 5000));
  document.addEventListener("visibilitychange", look);
}
