// The desk without a framework: the menu on small screens, "tick all", and forms that ask before they act.
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
