"use strict";
const told = JSON.parse(document.getElementById("told").textContent);
const at = Object.fromEntries(told.columns.map((name, i) => [name, i]));
const $ = (id) => document.getElementById(id);
const words = {
  en: {new: "new", replace: "replace", cancel: "cancel", expire: "expire", reject: "reject", trade: "trade", buy: "buy", sell: "sell",
       bid: "bid", ask: "ask", of: "event {0} of {1}", subject: "subject", cut: "{0} further events stand in the CSV beside this page.",
       cutHere: "{0} further events are not played here; the bundle of the case has all of them (CSV).",
       none: "No event in the window.", price: "Price", per: "Price ({0} for 1 {1})", time: "Time ({1}) of the event, {0}; events evenly apart",
       bestBid: "best bid", bestAsk: "best ask", own: "event of the subject"},
  ja: {new: "新規", replace: "訂正", cancel: "取消", expire: "失効", reject: "拒否", trade: "約定", buy: "買", sell: "売",
       bid: "買気配", ask: "売気配", of: "{1}件中{0}件目", subject: "対象者", cut: "他の{0}件は併録のCSVにある。",
       cutHere: "他の{0}件はここでは再生しない。全件は案件一式（CSV）にある。", none: "期間内に事象はない。",
       price: "価格", per: "価格（1{1}当たり{0}）", time: "事象の時刻（{1}）、{0}。横軸は事象順の等間隔",
       bestBid: "最良買気配", bestAsk: "最良売気配", own: "対象者の事象"},
};
// Alone in an evidence package the page has its own language button and UTC; inside a page of the console it follows that page.
let language = $("language") ? "en" : document.documentElement.lang;
let here = 0;
const events = told.events;
const say = (name, ...rest) => rest.reduce((text, one, i) => text.replace(`{${i}}`, one), words[language][name] ?? name);
const number = (text) => (text === "" ? null : Number(text));
const zone = told.hours === 9 ? {en: "Japan time", ja: "日本時間"} : {en: "UTC", ja: "UTC"};
function moment(text) {
  if (!told.hours) return text;
  const shifted = new Date(Date.parse(`${text.slice(0, 19)}Z`) + told.hours * 3600000).toISOString().slice(0, 19);
  return shifted + text.slice(19).replace(/Z$|\+00:00$/, "");
}

function cell(row, text) { const td = document.createElement("td"); td.textContent = text; row.append(td); }

function svg(name, attributes, parent) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

const height = 250, right = 16;
let roof = 22, foot = 40;
let x = () => 0;
function draw() {
  const place = $("line");
  const width = Math.max(place.clientWidth, 320), narrow = width < 560;
  roof = narrow ? 38 : 22;  // on a phone the legend has a line of its own,
  foot = narrow ? 54 : 40;  // and what the axis shows has two
  place.setAttribute("viewBox", `0 0 ${width} ${height}`);
  place.replaceChildren();
  const sides = ["bid", "ask"].map((side) => events.map((e) => number(e[at[`${side}1_price`]])));
  const seen = sides.flat().filter((price) => price !== null);
  if (!seen.length) return;
  const low = Math.min(...seen), high = Math.max(...seen), span = high - low || 1;
  const prices = steps(low, high), places = decimals(prices);
  const told_as = (price) => price.toLocaleString("en", {minimumFractionDigits: places, maximumFractionDigits: places});
  const left = 14 + 7 * Math.max(...prices.map((price) => told_as(price).length));
  x = (i) => left + (width - left - right) * (events.length > 1 ? i / (events.length - 1) : 0);
  const y = (price) => roof + 6 + (height - roof - foot - 12) * (1 - (price - low) / span);
  const word = (attributes, text) => { svg("text", {class: "tick", ...attributes}, place).textContent = text; };
  for (const price of prices) {
    svg("line", {x1: left, x2: width - right, y1: y(price), y2: y(price), class: "grid"}, place);
    word({x: left - 6, y: y(price) + 4, "text-anchor": "end"}, told_as(price));
  }
  const marks = Math.max(1, Math.min(events.length, Math.floor((width - left) / 110)));
  for (let n = 0; n < marks; n++) {
    const i = marks > 1 ? Math.round(n * (events.length - 1) / (marks - 1)) : 0;
    svg("line", {x1: x(i), x2: x(i), y1: height - foot, y2: height - foot + 4, class: "axis"}, place);
    word({x: x(i), y: height - foot + 17, "text-anchor": n === 0 ? "start" : n === marks - 1 ? "end" : "middle"}, moment(events[i][at.at]).slice(11, 23));
  }
  svg("line", {x1: left, x2: width - right, y1: height - foot, y2: height - foot, class: "axis"}, place);
  const [base, quote] = (told.instrument || "").split("/");
  word({x: 4, y: narrow ? 29 : 13}, quote ? say("per", quote, base) : say("price"));
  const axis = say("time", moment(events[0][at.at]).slice(0, 10), zone[language]);
  const lines = narrow ? axis.split(/[;。] ?/) : [axis];
  lines.forEach((line, n) => word({x: width - right, y: height - 6 - 14 * (lines.length - 1 - n), "text-anchor": "end"}, line));
  let along = width - right;
  for (const [name, mark] of [["own", "own"], ["bestAsk", "ask"], ["bestBid", "bid"]]) {
    const text = svg("text", {x: along, y: 13, class: "tick", "text-anchor": "end"}, place);
    text.textContent = say(name);
    along -= text.getComputedTextLength() + 8;
    if (mark === "own") svg("circle", {cx: along - 4, cy: 9, r: 2.5, class: mark}, place);
    else svg("path", {d: `M${along - 16} 9H${along}`, class: mark}, place);
    along -= mark === "own" ? 22 : 34;
  }
  sides.forEach((levels, s) => {
    let path = "", last = null;
    levels.forEach((price, i) => {
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
  svg("line", {id: "cursor", x1: x(here), x2: x(here), y1: roof, y2: height - foot, class: "here"}, place);
}

function steps(low, high) {
  if (high <= low) return [low];
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((n) => n * power >= rough) || 10);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high * (1 + 1e-12); n++) found.push(n * step);
  return found.length > 1 ? found : [low, high];
}

function decimals(prices) {
  if (prices.length < 2) return Math.min(8, (String(prices[0]).split(".")[1] || "").length);
  const gap = prices[1] - prices[0];
  let places = 0;
  while (places < 8 && Math.abs(gap * 10 ** places - Math.round(gap * 10 ** places)) > 1e-6) places++;
  return places;
}

function show() {
  if (!events.length) { $("now").textContent = say("none"); return; }
  const event = events[here];
  $("scrub").value = here;
  const cursor = $("cursor");
  if (cursor) { cursor.setAttribute("x1", x(here)); cursor.setAttribute("x2", x(here)); }
  const what = [say(event[at.action]), event[at.side] && say(event[at.side]), event[at.quantity], event[at.price] && `@ ${event[at.price]}`,
                event[at.subject] && `${say("subject")} ${event[at.subject]}`].filter(Boolean).join(" ");
  $("now").replaceChildren(`${say("of", here + 1, events.length)} · ${moment(event[at.at])} ${zone[language]} · `, Object.assign(document.createElement("b"), {textContent: what}));
  const book = $("book").tBodies[0];
  book.replaceChildren();
  const rests = (side, level) => number(event[at[`${side}${level}_quantity`]]) || 0;
  const most = Math.max(...["ask", "bid"].flatMap((side) => [...Array(told.levels).keys()].map((n) => rests(side, n + 1)))) || 1;
  for (const side of ["ask", "bid"]) {
    const levels = [...Array(told.levels).keys()].map((n) => n + 1);
    for (const level of side === "ask" ? levels.reverse() : levels) {
      const row = book.insertRow();
      row.className = side[0];
      for (const text of [`${say(side)} ${level}`, event[at[`${side}${level}_price`]], event[at[`${side}${level}_quantity`]]]) cell(row, text);
      const bar = svg("svg", {viewBox: "0 0 100 10", class: "depth", "aria-hidden": "true", preserveAspectRatio: "none"}, row.insertCell());
      svg("rect", {width: 100 * rests(side, level) / most, height: 10}, bar);
    }
  }
  const list = $("events").tBodies[0];
  list.replaceChildren();
  for (let i = Math.max(0, here - 7); i < Math.min(events.length, here + 8); i++) {
    const one = events[i], row = list.insertRow();
    row.className = `${one[at.subject] ? "subject" : ""} ${i === here ? "current" : ""}`;
    for (const text of [moment(one[at.at]).slice(11, 23), say(one[at.action]), one[at.side] && say(one[at.side]), one[at.price], one[at.quantity],
                        one[at.order_id] || "", one[at.subject]]) cell(row, text);
  }
}

function speak() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-en]")) node.textContent = node.dataset[language];
  if ($("language")) $("language").textContent = language === "en" ? "日本語" : "English";
  $("what").textContent = [told.instrument, told.id].filter(Boolean).join(" · ");
  $("summary").textContent = told[language];
  $("cut").hidden = !told.cut;
  $("cut").textContent = say(told.hours ? "cutHere" : "cut", told.cut);
  draw();
  show();
}

const go = (to) => { here = Math.max(0, Math.min(events.length - 1, to)); show(); };
$("next").hidden = !events.some((e) => e[at.subject]);
$("scrub").max = Math.max(0, events.length - 1);
$("scrub").addEventListener("input", (e) => go(Number(e.target.value)));
$("back").addEventListener("click", () => go(here - 1));
$("on").addEventListener("click", () => go(here + 1));
$("next").addEventListener("click", () => {
  const after = events.findIndex((e, i) => i > here && e[at.subject]);
  go(after >= 0 ? after : events.findIndex((e) => e[at.subject]));
});
if ($("language")) $("language").addEventListener("click", () => { language = language === "en" ? "ja" : "en"; speak(); });
document.addEventListener("keydown", (e) => {
  if (e.target.closest("input, select, textarea")) return;
  if (e.key === "ArrowLeft") go(here - 1);
  if (e.key === "ArrowRight") go(here + 1);
});
addEventListener("resize", draw);
speak();
go(Math.max(0, told.start ? events.findIndex((e) => e[at.at] >= told.start) : events.findIndex((e) => e[at.subject])));
