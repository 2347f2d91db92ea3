"use strict";
const told = JSON.parse(document.getElementById("told").textContent);
const at = Object.fromEntries(told.columns.map((name, i) => [name, i]));
const $ = (id) => document.getElementById(id);
const words = {
  en: {new: "new", replace: "replace", cancel: "cancel", expire: "expire", reject: "reject", trade: "trade", buy: "buy", sell: "sell",
       bid: "bid", ask: "ask", of: "event {0} of {1}", subject: "subject", cut: "{0} further events stand in the CSV beside this page.",
       none: "No event in the window."},
  ja: {new: "新規", replace: "訂正", cancel: "取消", expire: "失効", reject: "拒否", trade: "約定", buy: "買", sell: "売",
       bid: "買気配", ask: "売気配", of: "{1}件中{0}件目", subject: "対象者", cut: "他の{0}件は併録のCSVにある。", none: "期間内に事象はない。"},
};
let language = "en";
let here = 0;
const events = told.events;
const say = (name, ...rest) => rest.reduce((text, one, i) => text.replace(`{${i}}`, one), words[language][name] ?? name);
const number = (text) => (text === "" ? null : Number(text));

function cell(row, text) { const td = document.createElement("td"); td.textContent = text; row.append(td); }

function svg(name, attributes, parent) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

const width = 1000, height = 220, left = 6, right = 90;
let x = () => 0;
function draw() {
  const place = $("line");
  place.setAttribute("viewBox", `0 0 ${width} ${height}`);
  place.setAttribute("preserveAspectRatio", "none");
  place.replaceChildren();
  const sides = ["bid", "ask"].map((side) => events.map((e) => number(e[at[`${side}1_price`]])));
  const seen = sides.flat().filter((price) => price !== null);
  if (!seen.length) return;
  const low = Math.min(...seen), high = Math.max(...seen), span = high - low || 1;
  x = (i) => left + (width - left - right) * (events.length > 1 ? i / (events.length - 1) : 0);
  const y = (price) => 12 + (height - 24) * (1 - (price - low) / span);
  sides.forEach((prices, s) => {
    let path = "", last = null;
    prices.forEach((price, i) => {
      if (price === null) { last = null; return; }
      path += last === null ? `M${x(i).toFixed(1)} ${y(price).toFixed(1)}` : `H${x(i).toFixed(1)}V${y(price).toFixed(1)}`;
      last = price;
    });
    svg("path", {d: path, class: s ? "ask" : "bid"}, place);
  });
  events.forEach((e, i) => {
    const price = number(e[at.price]);
    if (e[at.subject] && price !== null) svg("circle", {cx: x(i), cy: y(Math.min(high, Math.max(low, price))), r: 2.5, class: "own"}, place);
  });
  for (const price of [low, high]) {
    svg("text", {x: width - right + 8, y: y(price) + 4, class: "tick"}, place).textContent = price.toLocaleString("en");
  }
  svg("line", {id: "cursor", x1: 0, x2: 0, y1: 0, y2: height, class: "here"}, place);
}

function show() {
  if (!events.length) { $("now").textContent = say("none"); return; }
  const event = events[here];
  $("scrub").value = here;
  const cursor = $("cursor");
  if (cursor) { cursor.setAttribute("x1", x(here)); cursor.setAttribute("x2", x(here)); }
  const what = [say(event[at.action]), event[at.side] && say(event[at.side]), event[at.quantity], event[at.price] && `@ ${event[at.price]}`,
                event[at.subject] && `${say("subject")} ${event[at.subject]}`].filter(Boolean).join(" ");
  $("now").replaceChildren(`${say("of", here + 1, events.length)} · ${event[at.at]} UTC · `, Object.assign(document.createElement("b"), {textContent: what}));
  const book = $("book").tBodies[0];
  book.replaceChildren();
  for (const side of ["ask", "bid"]) {
    const levels = [...Array(told.levels).keys()].map((n) => n + 1);
    for (const level of side === "ask" ? levels.reverse() : levels) {
      const row = book.insertRow();
      row.className = side[0];
      for (const text of [`${say(side)} ${level}`, event[at[`${side}${level}_price`]], event[at[`${side}${level}_quantity`]]]) cell(row, text);
    }
  }
  const list = $("events").tBodies[0];
  list.replaceChildren();
  for (let i = Math.max(0, here - 7); i < Math.min(events.length, here + 8); i++) {
    const one = events[i], row = list.insertRow();
    row.className = `${one[at.subject] ? "subject" : ""} ${i === here ? "current" : ""}`;
    for (const text of [one[at.at].slice(11, 23), say(one[at.action]), one[at.side] && say(one[at.side]), one[at.price], one[at.quantity],
                        one[at.order_id] || "", one[at.subject]]) cell(row, text);
  }
}

function speak() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-en]")) node.textContent = node.dataset[language];
  $("language").textContent = language === "en" ? "日本語" : "English";
  $("what").textContent = `${told.instrument} · ${told.id}`;
  $("summary").textContent = told[language];
  $("cut").hidden = !told.cut;
  $("cut").textContent = say("cut", told.cut);
  show();
}

const go = (to) => { here = Math.max(0, Math.min(events.length - 1, to)); show(); };
$("scrub").max = Math.max(0, events.length - 1);
$("scrub").addEventListener("input", (e) => go(Number(e.target.value)));
$("back").addEventListener("click", () => go(here - 1));
$("on").addEventListener("click", () => go(here + 1));
$("next").addEventListener("click", () => {
  const after = events.findIndex((e, i) => i > here && e[at.subject]);
  go(after >= 0 ? after : events.findIndex((e) => e[at.subject]));
});
$("language").addEventListener("click", () => { language = language === "en" ? "ja" : "en"; speak(); });
document.addEventListener("keydown", (e) => {
  if (e.target === $("scrub")) return;
  if (e.key === "ArrowLeft") go(here - 1);
  if (e.key === "ArrowRight") go(here + 1);
});
draw();
go(Math.max(0, events.findIndex((e) => e[at.subject])));
speak();
