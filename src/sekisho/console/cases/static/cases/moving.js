// Graphs to move through: ECharts draws the nodes and edges of a case's picture anew once somebody asks for it, and is loaded only then.
"use strict";
(() => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  // What is said of an edge and of an account: the same in the picture and below it.
  const amount = (edge, words) => `${edge.quantity} ${edge.unit} (${words.times}: ${edge.count})`;
  const ofEdge = (edge, words) => `${edge.source} → ${edge.target}\n${amount(edge, words)}`;
  const ofNode = (id, edges, words) => edges.filter((edge) => edge.source === id || edge.target === id).map((edge) => {
    const other = edge.source === edge.target ? `↺ ${id}` : edge.source === id ? `→ ${edge.target}` : `← ${edge.source}`;
    return `${other}: ${amount(edge, words)}`;
  });

  // Edges between the same two lie beside each other: each pair's are bent apart, none is hidden by another.
  const bends = (edges) => {
    const seen = new Map();
    const pair = (edge) => JSON.stringify([edge.source, edge.target].sort());
    for (const edge of edges) seen.set(pair(edge), (seen.get(pair(edge)) || 0) + 1);
    const next = new Map();
    return edges.map((edge) => {
      const all = seen.get(pair(edge)), place = next.get(pair(edge)) || 0;
      next.set(pair(edge), place + 1);
      const bend = (place - (all - 1) / 2) * Math.min(0.24, 1.2 / all);
      return edge.source < edge.target ? bend : -bend;
    });
  };

  class Moving {
    constructor(box) {
      this.box = box;
      this.words = { own: box.dataset.wordsOwn, other: box.dataset.wordsOther, times: box.dataset.wordsTimes, cases: box.dataset.wordsCases };
      this.graph = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
      this.button = box.querySelector(".move");
      this.room = box.querySelector(".room");
      this.choice = box.querySelector("select");
      this.told = box.querySelector(".told");
      this.drawing = box.querySelector(".drawing");
      for (const node of this.graph.places) this.choice.append(Object.assign(element("option", node.id), { value: node.id }));
      this.button.addEventListener("click", () => (this.room.hidden ? this.open() : this.close()));
      this.choice.addEventListener("change", () => this.choose(this.choice.value));
      for (const each of box.querySelectorAll("[data-zoom]")) each.addEventListener("click", () => this.zoom(Number(each.dataset.zoom)));
      dark.addEventListener("change", () => this.chart && this.draw());
      new ResizeObserver(() => this.chart && this.resize()).observe(this.drawing);
      this.button.hidden = false;
    }

    async open() {
      this.room.hidden = false;
      this.drawing.hidden = false;
      this.button.setAttribute("aria-expanded", "true");
      const loaded = await import(this.box.dataset.module).catch(() => null);
      if (this.room.hidden || this.chart) return;
      if (!loaded) {
        this.drawing.hidden = true;
        this.told.replaceChildren(element("p", this.box.dataset.wordsFailed));
        return;
      }
      this.box.previousElementSibling.classList.add("moves");
      this.chart = loaded.echarts.init(this.drawing, null, { renderer: "canvas" });
      this.near = 1;
      this.lay();
      this.draw();
      this.listen();
    }

    close() {
      this.room.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      this.box.previousElementSibling.classList.remove("moves");
      if (this.chart) this.chart.dispose();
      this.chart = null;
      delete this.drawing.dataset.drawn;
      this.choice.value = "";
      this.told.replaceChildren();
    }

    // The places of the picture above, stretched to the room there is, which on a small screen is higher than wide.
    lay() {
      const { places } = this.graph;
      this.wide = this.drawing.clientWidth;
      this.high = this.drawing.clientHeight;
      const aside = this.wide < 600 ? 66 : 96, [left, right, top, bottom] = [aside, this.wide - aside, 84, this.high - 44];
      const along = (name, from, to) => {
        const all = places.map((node) => node[name]), least = Math.min(...all), most = Math.max(...all);
        return (node) => (most - least < 1 ? (from + to) / 2 : from + (to - from) * (node[name] - least) / (most - least));
      };
      const x = along("x", left, right), y = along("y", top, bottom);
      this.at = new Map(places.map((node) => [node.id, [x(node), y(node)]]));
    }

    resize() {
      if (!this.drawing.clientWidth || (this.wide === this.drawing.clientWidth && this.high === this.drawing.clientHeight)) return;
      this.chart.resize();
      this.lay();
      this.draw();
    }

    // Where there are many, only the subjects are named until one is close enough for the other names to have room.
    crowded(near) {
      return (this.wide * this.high * near * near) / this.graph.places.length < 9000;
    }

    // A name stands on the side where fewest edges pass, among those with room for it; it is wide, so above and below more pass.
    beside(node) {
      const [x, y] = this.at.get(node.id), room = 20 + 7.5 * node.label.length, lower = y >= this.high / 2;
      const passing = lower ? { bottom: 0, top: 0.01, right: 0.02, left: 0.02 } : { top: 0, bottom: 0.01, right: 0.02, left: 0.02 };
      if (this.wide - x < room) passing.right = Infinity;
      if (x < room) passing.left = Infinity;
      for (const edge of this.graph.edges) {
        if (edge.source !== node.id && edge.target !== node.id) continue;
        const [other, deep] = this.at.get(edge.source === node.id ? edge.target : edge.source), far = Math.hypot(other - x, deep - y);
        if (!far) {
          passing[lower ? "top" : "bottom"] += 9;
          continue;
        }
        const across = (other - x) / far, down = (deep - y) / far;
        passing[across > 0 ? "right" : "left"] += Math.abs(across) ** 3;
        passing[down > 0 ? "bottom" : "top"] += Math.abs(down) ** 0.5;
      }
      return Object.keys(passing).reduce((best, side) => (passing[side] < passing[best] ? side : best));
    }

    data() {
      const { places, edges } = this.graph;
      const own = { color: color("--critical"), borderColor: color("--critical") };
      const other = { color: color("--card"), borderColor: color("--ink"), borderWidth: 1.5 };
      const many = this.crowded(1), named = !this.crowded(this.near);
      const nodes = places.map((node) => {
        const [x, y] = this.at.get(node.id);
        return {
          id: node.id, name: node.id, x, y, category: node.own ? 0 : 1, symbolSize: node.own ? 18 : many ? 9 : 13, itemStyle: node.own ? own : other,
          label: { show: node.own || named, formatter: node.label, position: this.beside(node), fontWeight: node.own ? "bold" : "normal" },
        };
      });
      // The corners keep the picture where it is when a node is drawn to its edge; a trade with oneself goes by a point above its node.
      const unseen = (id, x, y) => ({ id, name: id, x, y, symbolSize: 0.01, category: 2, label: { show: false }, tooltip: { show: false }, draggable: false, silent: true });
      nodes.push(unseen(" corner 1", 0, 0), unseen(" corner 2", this.wide, this.high));
      const bend = bends(edges);
      const links = [];
      edges.forEach((edge, number) => {
        const style = { width: many ? edge.width / 2 : edge.width, curveness: bend[number] };
        if (edge.source !== edge.target) {
          links.push({ source: edge.source, target: edge.target, edge, lineStyle: style });
          return;
        }
        const [x, y] = this.at.get(edge.source), above = y < this.high / 2 ? -1 : 1, point = ` self ${number}`;
        nodes.push(unseen(point, x, y - above * 52));
        links.push({ source: edge.source, target: point, edge, symbol: ["none", "none"], lineStyle: { ...style, curveness: 0.6 } });
        links.push({ source: point, target: edge.source, edge, lineStyle: { ...style, curveness: 0.6 } });
      });
      return { nodes, links };
    }

    draw() {
      const { nodes, links } = this.data();
      const font = getComputedStyle(document.body).fontFamily;
      const names = [this.words.own, this.words.other];
      this.chart.setOption({
        animation: !calm.matches,
        animationDuration: 400,
        animationDurationUpdate: 250,
        textStyle: { fontFamily: font, color: color("--ink") },
        legend: { data: names, left: 4, top: 4, itemGap: 18, icon: "circle", padding: [4, 8], backgroundColor: color("--card"), inactiveColor: color("--strong"), textStyle: { color: color("--ink"), fontSize: 13 } },
        tooltip: {
          renderMode: "richText", confine: true, backgroundColor: color("--card"), borderColor: color("--strong"), borderWidth: 1, padding: [8, 10],
          textStyle: { color: color("--ink"), fontSize: 13, lineHeight: 20 }, formatter: (point) => this.hint(point),
        },
        series: [{
          type: "graph", layout: "none", left: 0, top: 0, width: this.wide, height: this.high, roam: true, draggable: true,
          scaleLimit: { min: 0.5, max: 12 }, nodeScaleRatio: 0.35, edgeSymbol: ["none", "arrow"], edgeSymbolSize: this.crowded(1) ? 6 : 9,
          categories: [
            { name: names[0], itemStyle: { color: color("--critical") } },
            { name: names[1], itemStyle: { color: color("--card"), borderColor: color("--ink"), borderWidth: 1.5 } },
            { name: " " },
          ],
          label: { show: true, color: color("--ink"), fontSize: 12, distance: 6, textBorderColor: color("--card"), textBorderWidth: 3 },
          labelLayout: { hideOverlap: true },
          lineStyle: { color: color("--accent"), opacity: 0.65 },
          emphasis: { focus: "adjacency", label: { show: true, fontWeight: "bold" }, lineStyle: { opacity: 1 } },
          blur: { itemStyle: { opacity: 0.2 }, lineStyle: { opacity: 0.08 }, label: { opacity: 0.25 } },
          data: nodes, links,
        }],
      });
      this.drawing.dataset.drawn = String(this.graph.edges.length);
    }

    hint(point) {
      const { edges } = this.graph;
      if (point.dataType === "edge") return ofEdge(point.data.edge, this.words);
      const lines = ofNode(point.name, edges, this.words), more = lines.length - 6;
      return [point.name, ...lines.slice(0, 6), ...(more > 0 ? [`… +${more}`] : [])].join("\n");
    }

    listen() {
      this.chart.on("graphroam", () => {
        const near = this.chart.getOption().series[0].zoom || 1, was = this.crowded(this.near);
        this.near = near;
        if (this.crowded(near) !== was) this.draw();
      });
      const pen = this.chart.getZr();
      let held = null;
      const place = (event) => this.chart.convertFromPixel({ seriesIndex: 0 }, [event.offsetX, event.offsetY]);
      this.chart.on("mousedown", { dataType: "node" }, (point) => {
        held = this.at.has(point.name) ? { id: point.name, from: place(point.event) } : null;
      });
      // Where a node was let go it stays, also after the picture is drawn anew.
      pen.on("mouseup", (event) => {
        if (!held) return;
        const { id, from } = held, to = place(event), was = this.at.get(id);
        held = null;
        if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 3) return;
        this.at.set(id, [was[0] + to[0] - from[0], was[1] + to[1] - from[1]]);
        this.draw();
      });
      // The first click on a node says all about it, the second goes where the page would: to its cases.
      this.chart.on("click", { dataType: "node" }, (point) => {
        if (!this.at.has(point.name)) return;
        if (this.choice.value === point.name) window.location.assign(this.way(point.name));
        else this.choose(point.name);
      });
    }

    way(id) {
      return this.box.dataset.cases + encodeURIComponent(id);
    }

    choose(id) {
      this.choice.value = id;
      if (!this.chart) return;
      this.chart.dispatchAction({ type: "downplay", seriesIndex: 0 });
      this.told.replaceChildren();
      if (!id) return;
      this.chart.dispatchAction({ type: "highlight", seriesIndex: 0, dataIndex: this.graph.places.findIndex((node) => node.id === id) });
      const head = document.createElement("p"), list = Object.assign(document.createElement("ul"), { tabIndex: 0 });
      head.append(element("code", id), " ", Object.assign(element("a", this.words.cases), { href: this.way(id) }));
      list.append(...ofNode(id, this.graph.edges, this.words).map((line) => element("li", line)));
      this.told.append(head, list);
    }

    zoom(by) {
      if (!this.chart) return;
      if (by) this.chart.dispatchAction({ type: "graphRoam", seriesIndex: 0, zoom: by, originX: this.wide / 2, originY: this.high / 2 });
      else {
        this.near = 1;
        this.lay();
        this.chart.clear();
        this.draw();
      }
    }
  }

  for (const box of document.querySelectorAll(".moving")) new Moving(box);
})();
