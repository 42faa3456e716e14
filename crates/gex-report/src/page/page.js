(() => {
"use strict";
const {abs, ceil, floor, log, log10, max, min, round} = Math;
const all = (s, e = document) => [...e.querySelectorAll(s)], one = (s, e = document) => e.querySelector(s);
const root = document.documentElement, SVG = "http://www.w3.org/2000/svg", K = 4;
const make = (tag, attributes, parent) => {
  const e = document.createElementNS(SVG, tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  parent.append(e);
  return e;
};
const write = (v, d) => v == null ? "–" : v.toLocaleString("en-US", {minimumFractionDigits: d, maximumFractionDigits: d}).replace("-", "−");
const save = (name, blob) => {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
};

// theme
const theme = one("#theme"), modes = ["auto", "light", "dark"];
let mode = 0;
theme.hidden = false;
theme.onclick = () => {
  mode = (mode + 1) % 3;
  if (mode) root.dataset.theme = modes[mode]; else delete root.dataset.theme;
  theme.textContent = "Theme: " + modes[mode];
};

// tables
for (const table of all("table")) all("th", table).forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  const key = row => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent : +cell.dataset.sort;
  };
  const order = (a, b) => typeof a == typeof b ? (a > b) - (a < b) : typeof a == "number" ? -1 : 1;
  button.onclick = () => {
    const down = head.getAttribute("aria-sort") == "ascending", body = table.tBodies[0];
    all("th", table).forEach(h => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...body.rows].sort((a, b) => order(key(a), key(b)) * (down ? -1 : 1)));
  };
});

const picture = (name, svg) => {
  const copy = svg.cloneNode(true), box = svg.viewBox.baseVal, colors = getComputedStyle(root);
  const css = all("style").map(s => (s.textContent.match(/@font-face\{[^}]*\}/g) || []).join("")).join("");
  let rules = css + "text{font-family:Inter}";
  for (let i = 0; i < 10; i++) {
    const c = colors.getPropertyValue("--c" + i);
    rules += `.f${i}{fill:${c}}.s${i}{stroke:${c}}`;
  }
  make("style", {}, copy).textContent = rules;
  const full = box.y + box.height + 112, width = 2400, height = round(width * full / box.width), image = new Image();
  copy.setAttribute("viewBox", `0 0 ${box.width} ${full}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  image.onload = () => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    canvas.width = width;
    canvas.height = height;
    pen.fillStyle = colors.getPropertyValue("--c0");
    pen.fillRect(0, 0, width, height);
    pen.drawImage(image, 0, 0);
    canvas.toBlob(b => save(name + ".png", b));
  };
  image.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
};

for (const figure of all("figure")) {
  const svg = one("svg", figure), {csv, reading} = JSON.parse(one("script", figure).textContent);
  const on = (what, act) => { const b = one(`[data-do=${what}]`, figure); if (b) b.onclick = act; };
  on("csv", () => save(figure.id + ".csv", new Blob([csv], {type: "text/csv"})));
  on("png", () => picture(figure.id, svg));
  if (reading) interact(figure, svg, csv, reading);
}

function interact(figure, svg, csv, {x, dates, range, panels, series, shade}) {
  const [head, ...rows] = csv.trimEnd().split("\n").map(line => line.split(","));
  const column = name => rows.map(r => { const t = r[head.indexOf(name)]; return t === "" ? null : +t; });
  const labels = rows.map(r => r[head.indexOf(x)]), at = dates ? rows.map((_, i) => i) : column(x);
  const data = series.map(s => column(s.column).map(v => v == null ? null : v / s.divisor));
  const last = rows.length - 1, out = one("output", figure), reset = one("[data-do=reset]", figure);
  const frames = panels.map(p => p.frame.map(v => v * K)), [L, , W] = frames[0], end = frames.at(-1);
  let view = range, cursor = null, from = null, brush = null;
  const px = v => round(L + (v - view[0]) / (view[1] - view[0]) * W);
  const lines = make("g", {class: "s2", "stroke-width": 4, "pointer-events": "none", visibility: "hidden"}, svg);
  for (const f of frames) make("path", {}, lines);
  const inside = i => at[i] >= view[0] && at[i] <= view[1];
  const show = i => {
    i = max(0, min(last, i));
    if (!inside(i)) return;
    cursor = i;
    lines.setAttribute("visibility", "visible");
    frames.forEach((f, j) => lines.children[j].setAttribute("d", `M${px(at[i])} ${f[1]}v${f[3]}`));
    out.textContent = [dates ? labels[i] : x + " " + write(at[i], at[i] % 1 ? 2 : 0), ...series.map((s, j) => s.label + " " + write(data[j][i], s.decimals))].join("  ·  ");
  };
  const value = e => {
    const b = svg.getBoundingClientRect(), v = view[0] + ((e.clientX - b.left) / b.width * 1200 * K - L) / W * (view[1] - view[0]);
    return max(view[0], min(view[1], v));
  };
  const nearest = v => {
    let a = 0, z = last;
    while (z - a > 1) { const m = a + z >> 1; at[m] < v ? a = m : z = m; }
    return v - at[a] < at[z] - v ? a : z;
  };
  const drop = () => { from = null; if (brush) brush.remove(); brush = null; };
  svg.classList.add("cursor");
  svg.onpointermove = e => {
    const v = value(e);
    show(nearest(v));
    if (from == null) return;
    brush = brush || make("rect", {class: "f5", "fill-opacity": .15, y: frames[0][1], height: end[1] + end[3] - frames[0][1]}, svg);
    brush.setAttribute("x", min(px(from), px(v)));
    brush.setAttribute("width", abs(px(from) - px(v)));
  };
  svg.onpointerleave = () => lines.setAttribute("visibility", "hidden");
  svg.onfocus = () => show(cursor ?? nearest(view[1]));
  svg.onkeydown = e => {
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -21, PageDown: 21}[e.key], here = cursor ?? last;
    if (step) show(here + step);
    else if (e.key == "Home") show(nearest(view[0]));
    else if (e.key == "End") show(nearest(view[1]));
    else if (dates && e.key == "Escape") zoom(null);
    else if (dates && "+-".includes(e.key)) {
      const half = (view[1] - view[0]) * (e.key == "+" ? .25 : 1);
      zoom([here - half, here + half]);
    } else return;
    e.preventDefault();
  };
  if (!dates) return;
  reset.onclick = svg.ondblclick = () => zoom(null);
  svg.onpointerdown = e => { if (!e.button && e.pointerType != "touch") from = value(e); };
  addEventListener("pointerup", e => {
    if (from == null) return;
    const a = from, b = value(e);
    drop();
    if (abs(a - b) > 4) zoom([min(a, b), max(a, b)]);
  });
  const group = n => one(`[data-s=${n}]`, svg), names = ["bands", "x", "y", "lines"], whole = {};
  const text = (t, a, g) => { make("text", {class: "f2", "font-size": 44, ...a}, g).textContent = t; };
  const ticks = (lo, hi, n) => {
    const raw = (hi - lo) / n, p = 10 ** floor(log10(raw)), q = raw / p, s = p * (q < 1.5 ? 1 : q < 3 ? 2 : q < 7 ? 5 : 10), o = [];
    for (let i = ceil(lo / s); i * s <= hi; i++) o.push([i * s || 0, write(i * s || 0, max(0, -floor(log10(s) + 1e-9)))]);
    return o;
  };
  function zoom(to) {
    for (const n of names) { whole[n] ??= group(n).innerHTML; group(n).innerHTML = to ? "" : whole[n]; }
    view = to ? [max(0, round(to[0])), min(last, round(to[1]))] : range;
    if (to && view[1] - view[0] < 4) return zoom(null);
    reset.hidden = !to;
    if (to) draw();
    if (cursor != null) show(cursor);
  }
  function draw() {
    const [a, b] = view, cut = b - a > 900 ? 4 : b - a > 60 ? 7 : 10, found = [];
    for (let i = a + 1; i <= b; i++) if (labels[i].slice(0, cut) != labels[i - 1].slice(0, cut)) found.push(i);
    const some = found.filter((_, i) => i % ceil(found.length / 11) == 0);
    panels.forEach((panel, p) => {
      const [, top, , high] = frames[p], mine = series.map((s, i) => [s, data[i]]).filter(e => e[0].panel == p);
      const seen = mine.flatMap(e => e[1].slice(a, b + 1)).filter(v => v != null && (!panel.log || v > 0));
      const f = panel.log ? log : v => v;
      let lo = min(...seen), hi = max(...seen);
      if (!panel.log) { lo = min(0, lo); hi = max(0, hi); }
      if (!(hi > lo)) hi = lo + 1;
      const py = v => round(top + high - (f(v) - f(lo)) / (f(hi) - f(lo)) * high);
      for (const [s, t] of shade) if (t > a && s < b) { const l = px(max(s, a)); make("path", {class: "f6", "fill-opacity": .14, d: `M${l} ${top}h${px(min(t, b)) - l}v${high}H${l}z`}, group("bands")); }
      for (const i of some) {
        make("path", {class: "s3", "stroke-width": 4, d: `M${px(i)} ${top}v${high}`}, group("x"));
        if (p == panels.length - 1) text(labels[i].slice(0, cut), {"text-anchor": "middle", x: px(i), y: top + high + 76}, group("x"));
      }
      make("path", {class: "s4", "stroke-width": 4, d: `M${L} ${top + high}h${W}`}, group("x"));
      for (const [v, t] of ticks(lo, hi, p ? 3 : 5)) {
        make("path", {class: "s3", "stroke-width": 4, d: `M${L} ${py(v)}h${W}`}, group("y"));
        text(t, {"text-anchor": "end", x: L - 32, y: py(v) + 16}, group("y"));
      }
      text(panel.title, {x: L - 16, y: top - 40}, group("y"));
      for (const [s, values] of mine) {
        let d = "", pen = false, open = 0;
        const sides = ["", ""], close = i => { if (s.area && pen) sides.forEach((_, k) => sides[k] += `L${px(i)} ${py(0)}L${px(open)} ${py(0)}z`); pen = false; };
        for (let i = a; i <= b; i++) {
          const v = values[i];
          if (v == null) { close(i - 1); continue; }
          if (!pen) open = i;
          const c = pen ? "L" : "M";
          if (s.area) [max(v, 0), min(v, 0)].forEach((w, k) => sides[k] += c + px(i) + " " + py(w)); else d += c + px(i) + " " + py(v);
          pen = true;
        }
        close(b);
        if (s.area) sides.forEach((d, k) => make("path", {class: k ? "f6" : "f5", "fill-opacity": .87, d}, group("lines")));
        else make("path", {class: "s" + s.role, "stroke-width": 6, d}, group("lines"));
      }
    });
  }
}
})();
