// Lines over time: a figure with data-lines="ID" is drawn by uPlot from the JSON of the script with that id.
(() => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = (value, unit) => value === null || value === undefined ? "" : unit === "%" ? `${(value * 100).toFixed(2)} %` : value.toLocaleString();
  const draw = (figure) => {
    const told = JSON.parse(document.getElementById(figure.dataset.lines).textContent);
    const room = figure.querySelector(".lines");
    room.replaceChildren();
    const grid = { stroke: color("--line"), width: 1 };
    new uPlot({
      width: Math.max(260, room.clientWidth), height: 220, tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Asia/Tokyo"), legend: { live: true },
      scales: { y: { range: (chart, least, most) => [0, (most || 1) * 1.15] } },
      axes: [
        { stroke: color("--quiet"), grid, ticks: grid, values: [[86400, "{MM}/{DD}", null, null, null, null, null, null, 1], [3600, "{HH}:{mm}", "\n{MM}/{DD}", null, "\n{MM}/{DD}", null, null, null, 1], [60, "{HH}:{mm}", "\n{MM}/{DD}", null, "\n{MM}/{DD}", null, null, null, 1]] },
        { stroke: color("--quiet"), grid, ticks: grid, size: 64, values: (chart, marks) => marks.map((mark) => told.unit === "%" ? `${+(mark * 100).toFixed(2)} %` : shown(mark, told.unit)) },
      ],
      series: [{ label: told.time, value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }, ...told.series.map((one) => ({
        label: one.label, stroke: color(one.color), width: 2, dash: one.dash, points: { show: told.times.length < 40 && !one.dash }, paths: one.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
        value: (chart, value) => shown(value, told.unit),
      }))],
    }, [told.times, ...told.series.map((one) => one.values)], room);
  };
  const draw_all = () => document.querySelectorAll("figure[data-lines]").forEach(draw);
  document.addEventListener("DOMContentLoaded", draw_all);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw_all, 150); });
})();
