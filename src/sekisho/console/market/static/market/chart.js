// Price above, volume below, alerts as marks on the price; a click fills in the moment to replay the book at.
"use strict";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const bars = read("bars"), marks = read("marks") || [], words = read("words");
const place = document.getElementById("chart"), pointed = document.getElementById("pointed"), moment = document.getElementById("moment");
const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = (values) => values.map((value) => (value === null ? null : Number(value)));
const japan = (seconds) => new Date((seconds + 9 * 3600) * 1000).toISOString().slice(0, 19);
const narrow = () => place.clientWidth < 560;

function axis(more) {
  return {stroke: tone("quiet"), grid: {stroke: tone("line"), width: 1}, ticks: {stroke: tone("line")}, ...more};
}

function marked(chart) {
  const pen = chart.ctx;
  pen.save();
  for (const mark of marks) {
    const x = chart.valToPos(mark.seconds, "x", true);
    if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
    pen.fillStyle = pen.strokeStyle = tone(mark.severity) || tone("critical");
    pen.globalAlpha = 0.35;
    pen.beginPath(); pen.moveTo(x, chart.bbox.top); pen.lineTo(x, chart.bbox.top + chart.bbox.height); pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath(); pen.moveTo(x, chart.bbox.top + 11 * devicePixelRatio); pen.lineTo(x - 5 * devicePixelRatio, chart.bbox.top); pen.lineTo(x + 5 * devicePixelRatio, chart.bbox.top); pen.fill();
  }
  pen.restore();
}

function near(chart) {
  const at = chart.cursor.idx === null || chart.cursor.idx === undefined ? null : bars.at[chart.cursor.idx];
  if (at === null) return;
  const width = chart.scales.x.max - chart.scales.x.min;
  const there = marks.filter((mark) => Math.abs(mark.seconds - at) < width / 80);
  pointed.textContent = there.map((mark) => `${japan(mark.seconds).replace("T", " ")} ${mark.severity_words}: ${mark[document.documentElement.lang] || mark.en}`).join(" / ");
}

// Days as 09-18 and hours as 14:00, in every language; uPlot's own are American.
const times = (chart, all, axis, space, step) => all.map((each) => {
  const text = japan(each);
  return step >= 86400 ? text.slice(5, 10) : text.slice(11, 16) === "00:00" ? `${text.slice(11, 16)}\n${text.slice(5, 10)}` : text.slice(11, step < 60 ? 19 : 16);
});

let charts = [];
function draw() {
  for (const chart of charts) chart.destroy();
  const size = {width: place.clientWidth - 14, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Asia/Tokyo")};
  const sync = {sync: {key: "market"}}, side = (chart, all) => 16 + 7.4 * Math.max(2, ...(all || []).map((each) => each.length));
  const value = (chart, raw) => (raw === null ? "–" : raw.toLocaleString("en", {maximumFractionDigits: 8}));
  const time = (chart, raw) => (raw === null ? "–" : `${japan(raw).replace("T", " ")} (${words.time})`);
  const line = (label, colour, more) => ({label, stroke: colour, value, points: {show: bars.at.length < 40}, ...more});
  charts = [
    new uPlot({...size, height: 280, cursor: sync, scales: {x: {time: true}},
      axes: [axis({space: narrow() ? 70 : 60, values: times}), axis({size: side, label: narrow() ? undefined : words.price, values: (chart, all) => all.map((each) => each.toLocaleString("en", {maximumFractionDigits: 8}))})],
      series: [{label: words.time, value: time}, line(words.price, tone("accent"), {width: 1.5}), line(words.high, tone("strong"), {width: 0.7}), line(words.low, tone("strong"), {width: 0.7})],
      bands: [{series: [2, 3], fill: tone("wash")}],
      hooks: {draw: [marked], setCursor: [near]}},
      [bars.at, number(bars.last), number(bars.high), number(bars.low)], place),
    new uPlot({...size, height: 130, cursor: sync, scales: {x: {time: true}},
      axes: [axis({space: narrow() ? 70 : 60, values: times}), axis({size: side, label: narrow() ? undefined : words.volume, values: (chart, all) => all.map((each) => each.toLocaleString("en", {maximumFractionDigits: 8}))})],
      series: [{label: words.time, value: time}, line(words.volume, tone("quiet"), {fill: tone("line"), paths: uPlot.paths.bars({size: [0.8, 40]}), points: {show: false}})]},
      [bars.at, number(bars.volume)], place),
  ];
  charts[0].over.addEventListener("click", () => {
    const at = charts[0].cursor.idx === null ? null : bars.at[charts[0].cursor.idx];
    if (moment && at !== null && at !== undefined) moment.value = japan(at);
  });
}
if (bars && bars.at.length) {
  draw();
  let waiting = null, before = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === before) return;
    before = place.clientWidth;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  }).observe(place);
}
