// The queue by keyboard: j and k move, x ticks, o opens, c claims, n claims the next, / searches.
"use strict";
(() => {
  let here = -1;
  const rows = () => [...document.querySelectorAll(".table tbody tr")].filter((row) => row.querySelector('input[name="keys"], td.text a'));
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    if (all[here]) all[here].classList.remove("here");
    here = Math.min(Math.max(here + step, 0), all.length - 1);
    all[here].classList.add("here");
    all[here].scrollIntoView({ block: "nearest" });
    const link = all[here].querySelector("td.text a");
    if (link) link.focus({ preventScroll: true });
  };
  const box = () => rows()[here] && rows()[here].querySelector('input[name="keys"]');
  const does = {
    j: () => move(1),
    k: () => move(-1),
    x: () => { const tick = box(); if (tick) { tick.checked = !tick.checked; tick.dispatchEvent(new Event("change", { bubbles: true })); } },
    o: () => { const link = rows()[here] && rows()[here].querySelector("td.text a"); if (link) link.click(); },
    n: () => { const next = document.querySelector('button[data-key="n"]'); if (next) next.click(); },
    c: () => { const tick = box(); const claim = document.querySelector('#bulk button[value="claim"]'); if (tick && claim) { for (const each of document.querySelectorAll('input[name="keys"]')) each.checked = each === tick; document.querySelector('#bulk input[name="everything"]').checked = false; claim.click(); } },
    "/": () => { const search = document.querySelector('input[type="search"]'); if (search) search.focus(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (does[event.key]) { event.preventDefault(); does[event.key](); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches('.tick-all, input[name="keys"]')) for (const row of rows()) { const tick = row.querySelector('input[name="keys"]'); row.classList.toggle("ticked", Boolean(tick && tick.checked)); }
  });
})();
