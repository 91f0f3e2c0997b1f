extension ReportPage {
  /// The page's script: draws the curves to the width that there is, shows numbers under the pointer, moves the slider of the grids,
  /// loads the page again while the run goes on.
  static let script = #"""
    "use strict";
    const data = JSON.parse(document.getElementById("data").textContent);
    const svgNames = "http://www.w3.org/2000/svg";
    const redraw = [];
    let shownStep = data.grids.length ? data.grids[data.grids.length - 1].step : 0;

    function element(parent, name, attributes, text) {
      const node = document.createElementNS(svgNames, name);
      for (const key in attributes) node.setAttribute(key, attributes[key]);
      if (text !== undefined) node.textContent = text;
      parent.appendChild(node);
      return node;
    }

    // 1, 2 or 5 times a power of ten, so that there are about `count` of them.
    function ticks(low, high, count) {
      const raw = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(raw));
      const step = power * [1, 2, 5, 10].find(m => m * power >= raw * 0.999);
      const result = [];
      for (let t = Math.ceil(low / step); t * step <= high + step * 1e-6; t++) result.push(t * step);
      return result;
    }

    function label(value) {
      const size = Math.abs(value);
      if (size >= 1e4) return String(+(value / 1000).toPrecision(3)) + "k";
      if (size > 0 && size < 1e-3) return value.toExponential(0);
      return String(+value.toPrecision(3));
    }

    // A mean over a fiftieth of the points, for curves whose points jump.
    function trend(points) {
      const reach = Math.floor(points.length / 100);
      if (reach < 1) return points.map(p => p[1]);
      const sums = [0];
      for (const p of points) sums.push(sums[sums.length - 1] + p[1]);
      return points.map((_, i) => {
        const from = Math.max(0, i - reach), to = Math.min(points.length, i + reach + 1);
        return (sums[to] - sums[from]) / (to - from);
      });
    }

    function range(chart) {
      if (chart.scale === "unit") return [0, 1];
      const values = chart.curves.flatMap(c => c.points.flatMap(p => p.slice(1))).filter(v => chart.scale !== "log" || v > 0);
      if (!values.length) return chart.scale === "log" ? [0, 1] : [0, 1];
      values.sort((a, b) => a - b);
      // A few wild values must not flatten the rest.
      const high = values[Math.floor((values.length - 1) * 0.998)], low = values[0];
      if (chart.scale === "log") return [Math.floor(Math.log10(low)), Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1)];
      return [0, high * 1.08 || 1];
    }

    function draw(chart) {
      const figure = document.getElementById(chart.id), log = chart.scale === "log";
      const svg = element(figure, "svg", {role: "img"});
      const keys = document.createElement("span");
      keys.className = "keys";
      figure.querySelector("figcaption").appendChild(keys);
      const [low, high] = range(chart), last = Math.max(data.step, 1);
      const trends = chart.curves.map(c => trend(c.points));

      // The legend, with each curve's number nearest to a step.
      function legend(step) {
        keys.replaceChildren();
        chart.curves.forEach(curve => {
          if (!curve.points.length) return;
          const nearest = curve.points.reduce((a, b) => Math.abs(b[0] - step) < Math.abs(a[0] - step) ? b : a);
          const key = document.createElement("span"), color = document.createElement("i");
          color.style.background = `var(--c${curve.color})`;
          key.append(color, `${curve.label} ${label(nearest[1])}`);
          keys.appendChild(key);
        });
      }
      legend(last);

      function paint() {
        svg.replaceChildren();
        const width = Math.max(svg.clientWidth, 120), height = Math.round(Math.min(230, Math.max(150, width * 0.42)));
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        svg.setAttribute("height", height);
        const left = 36, right = 8, top = 6, bottom = 22;
        const x = step => left + step / last * (width - left - right);
        const y = value => {
          const v = log ? Math.log10(Math.max(value, 1e-30)) : value;
          return top + (1 - Math.min(1.02, Math.max(-0.02, (v - low) / (high - low)))) * (height - top - bottom);
        };
        const marks = log ? ticks(low, high, 4).filter(Number.isInteger).map(t => 10 ** t) : ticks(low, high, 4);
        for (const t of marks) {
          element(svg, "line", {class: "rule", x1: left, x2: width - right, y1: y(t), y2: y(t)});
          element(svg, "text", {x: left - 6, y: y(t) + 4, "text-anchor": "end"}, label(t));
        }
        for (const t of ticks(0, last, Math.max(2, Math.floor(width / 90))))
          element(svg, "text", {x: x(t), y: height - 5, "text-anchor": x(t) > width - 24 ? "end" : "middle"}, label(t));
        chart.curves.forEach((curve, index) => {
          const points = curve.points, color = `var(--c${curve.color})`;
          if (!points.length) return;
          const line = values => points.map((p, i) => `${x(p[0]).toFixed(1)},${y(values[i]).toFixed(1)}`);
          const few = points.length < 60;
          if (!few) {
            const upper = line(points.map(p => p[3] ?? p[1])), lower = line(points.map(p => p[2] ?? p[1]));
            element(svg, "path", {d: `M${upper.join("L")}L${lower.reverse().join("L")}Z`, fill: color, stroke: color,
              "stroke-width": 0.6, opacity: 0.22});
          }
          element(svg, "path", {d: `M${line(few ? points.map(p => p[1]) : trends[index]).join("L")}`, fill: "none",
            stroke: color, "stroke-width": 1.8, "stroke-linejoin": "round"});
          if (few) for (const p of points) element(svg, "circle", {cx: x(p[0]), cy: y(p[1]), r: 2.4, fill: color});
        });
        const cursor = element(svg, "line", {class: "cursor", y1: top, y2: height - bottom});
        const point = step => {
          cursor.setAttribute("x1", x(step));
          cursor.setAttribute("x2", x(step));
        };
        svg.onpointermove = event => {
          const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) * width / box.width;
          const step = Math.min(last, Math.max(0, (at - left) / (width - left - right) * last));
          redraw.forEach(r => { r.point(step); r.legend(step); });
        };
        svg.onpointerleave = () => redraw.forEach(r => { r.point(shownStep); r.legend(last); });
        point(shownStep);
        entry.point = point;
      }
      const entry = {legend, paint, point() {}};
      redraw.push(entry);
      paint();
      new ResizeObserver(paint).observe(figure);
    }
    data.charts.forEach(draw);

    const slider = document.getElementById("slider"), play = document.getElementById("play");
    let timer = 0;
    function show() {
      const grid = data.grids[slider.value], image = document.getElementById("grid");
      image.src = "data:image/png;base64," + grid.png;
      image.alt = "samples at step " + grid.step;
      document.getElementById("at").textContent = "step " + grid.step;
      shownStep = grid.step;
      redraw.forEach(r => r.point(shownStep));
    }
    function stop() {
      clearInterval(timer);
      timer = 0;
      play.textContent = "\u25B6";
      play.setAttribute("aria-label", "play");
    }
    if (slider) {
      slider.oninput = () => { stop(); show(); };
      play.onclick = () => {
        if (timer) return stop();
        if (+slider.value === data.grids.length - 1) slider.value = 0;
        show();
        play.textContent = "\u275A\u275A";
        play.setAttribute("aria-label", "pause");
        timer = setInterval(() => {
          slider.value = +slider.value + 1;
          show();
          if (+slider.value === data.grids.length - 1) stop();
        }, 250);
      };
    }

    // While the run goes on. Whoever looks at an earlier grid, or marks a text, is left alone.
    const refresh = +document.documentElement.dataset.refresh;
    if (refresh) setInterval(() => {
      const isAtEnd = !slider || +slider.value === data.grids.length - 1;
      if (!timer && isAtEnd && !document.hidden && String(getSelection()) === "") location.reload();
    }, 1000 * refresh);
    """#
}
