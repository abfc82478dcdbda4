// The layers of one lane as a graph of modules: each with the metric at its outputs or its spectrum, wires as thick as layers couple, and its step beside the full one.

import { drawBall, drawBars } from "./glyph.mjs";
import { Layer } from "./layer.mjs";
import { short } from "./reading.mjs";
import { fill, shortened, wrapped } from "./ruler.mjs";

const [TOP, LINE, NODE, GAP] = [30, 14, 74, 10];
const SHARE = 0.6; // of the height for the graph
const TALL = 290; // pixels from which on there is room for how it is to be read
const MOST = 600; // outputs of a run whose layers are looked at
const FORMS = ["woodbury", "push_through", "khatri_rao"];

export class Modules {
  /** `choice` has get(name) and set(name, value): the solver that is shown is its `focus`. */
  constructor(place, words, choice) {
    Object.assign(this, { place, words, choice, drawn: [], found: null, asked: null, single: false });
    this.layer = new Layer(place, place.id);
    this.button = Object.assign(document.createElement("button"), { className: "chip", type: "button", textContent: "float32", title: words.single_title });
    this.button.addEventListener("click", () => { this.single = !this.single; this.button.setAttribute("aria-pressed", this.single); this.stale = true; });
    place.append(this.button);
    new ResizeObserver(() => { this.layer.resize(place); this.stale = true; }).observe(place);
  }

  show({ meta }, ink) {
    Object.assign(this, { meta, found: null, asked: null, layered: meta.spec.network.kind === "mlp" && meta.outputs <= MOST });
    this.ink(ink);
  }

  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** Whose layers are shown: the focus where it is shown, else the first Riemannian descent, else the first. */
  whose(looks) {
    const shown = looks.filter(({ lane, shown: on }) => on && lane.first !== false);
    const kind = ({ lane }) => this.meta.spec.solvers[lane.solver].optimizer?.kind;
    return shown.find(({ lane }) => lane.solver === this.choice.get("focus")) ?? shown.find((look) => kind(look) === "riemannian_descent") ?? shown[0];
  }

  draw(store, frame, looks) {
    if (!this.meta) return;
    const { layer, inks, words } = this;
    layer.begin();
    this.stale = false;
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
    const look = this.whose(looks);
    const silent = !look || !this.layered ? words.none : this.found?.sentence ?? "";
    this.place.dataset.empty = silent;
    this.button.hidden = Boolean(silent);
    if (look && !silent && !this.asked) this.commit(store, Math.max(0, look.lane.columns.frame.data[Math.max(0, look.lane.upTo(frame) - 1)] ?? 0), looks);
    if (silent || !this.found || this.found.sentence) {
      wrapped(layer, silent || words.wait, layer.width - 40, 12).forEach((line, k) => layer.words(line, layer.width / 2, layer.height / 2 + LINE * k * layer.scale, { color: inks.dim, size: 12, align: "center" }));
      return;
    }
    const of = looks.find(({ lane }) => lane.lane === this.found.lane) ?? look;
    this.paint(of);
  }

  /** The drawing stands still: the layers of the chosen lane, as they are there. */
  commit(store, frame, looks) {
    const look = this.whose(looks);
    if (!look || !this.layered) return;
    const at = Math.min(frame, look.lane.columns.frame.data[Math.max(0, look.lane.upTo(frame) - 1)] ?? frame);
    const key = `${look.lane.lane} ${at}`;
    if (key === this.asked) return;
    this.asked = key;
    store.layers(look.lane.lane, at).then((found) => {
      if (this.asked !== key) return;
      this.found = found;
      this.stale = true;
      store.news();
    });
  }

  paint({ lane, style }) {
    const { layer, inks, words, found } = this;
    const unit = layer.scale;
    const count = found.layers.length;
    layer.marker(style.marker, 16, 13 * unit, 3.6, style.color, inks.panel);
    const named = layer.words(shortened(layer, lane.name, layer.width * 0.4, 12, 650), 26, 13 * unit, { color: style.color, size: 12, weight: 650 });
    const said = words.said.replace("{frame}", found.frame).replace("{output}", words.outputs[found.metric.output]).replace("{mass}", short(found.metric.mass));
    layer.words(shortened(layer, said, layer.width - named - this.button.offsetWidth - 66, 11), 26 + named + 12, 13 * unit, { color: inks.dim, size: 11 });
    const bottom = TOP * unit + SHARE * (layer.height - TOP * unit);
    const step = (layer.width - 24) / count;
    const wide = Math.min(step - 34 * unit, 130 * unit);
    const tall = Math.min(bottom - TOP * unit - 58 * unit, NODE * 1.6 * unit);
    const middle = TOP * unit + 26 * unit + tall / 2;
    const x = (k) => 12 + (k + 0.5) * step;
    for (let a = 0; a < count; a += 1) for (let b = a + 1; b < count; b += 1) this.wire(x(a) + (b === a + 1 ? wide / 2 : 0), x(b) - (b === a + 1 ? wide / 2 : 0), b === a + 1 ? middle : middle - tall / 2, b - a - 1, found.coupling[a][b], style);
    found.layers.forEach((each, k) => this.node(each, k, { left: x(k) - wide / 2, top: middle - tall / 2, wide, tall }, style));
    this.foot(bottom + GAP * unit, style);
  }

  /** A wire as thick as two layers couple, with the number; over others in an arc. */
  wire(from, to, y, apart, coupling, style) {
    const { layer, inks } = this;
    const { context, scale } = layer;
    const rise = apart * 13 * scale;
    context.save();
    Object.assign(context, { lineWidth: (0.6 + 5 * coupling) * scale, strokeStyle: style.color, globalAlpha: 0.55 });
    context.beginPath();
    context.moveTo(from, y);
    if (apart) context.bezierCurveTo(from, y - 2 * rise, to, y - 2 * rise, to, y);
    else context.lineTo(to, y);
    context.stroke();
    context.restore();
    layer.words(short(coupling), (from + to) / 2, y - (apart ? 1.5 * rise : 9 * scale), { color: inks.text, size: 10.5, weight: 600, align: "center", halo: inks.panel });
  }

  node(each, k, { left, top, wide, tall }, style) {
    const { layer, inks, words, found } = this;
    const { context, scale } = layer;
    fill(layer, left, top, wide, tall, inks.panel, 1);
    fill(layer, left, top, wide, tall, style.color, 0.1);
    Object.assign(context, { strokeStyle: style.color, lineWidth: 1.4 * scale });
    context.strokeRect(left, top, wide, tall);
    const title = words.layer.replace("{k}", k + 1).replace("{into}", found.widths[k]).replace("{out}", found.widths[k + 1]);
    const brief = layer.measure(title, 10.5, 600) > wide + 6 ? `${found.widths[k]} → ${found.widths[k + 1]}` : title;
    layer.words(brief, left + wide / 2, top + 10 * scale, { color: inks.text, size: 10.5, weight: 600, align: "center" });
    const box = { left: left + 8, right: left + wide - 8, top: top + 20 * scale, bottom: top + tall - 6 };
    if (each.metric) drawBall(layer, each.metric, box, style.color);
    else drawBars(layer, each.sigma, box, style.color);
    const lines = this.single
      ? FORMS.slice(0, 2).map((form) => words.forms[form].replace("{error}", each.single[form] === null ? "–" : short(each.single[form])))
      : [words.condition.replace("{condition}", short(each.condition)), words.step.replace("{step}", short(each.step_norm)).replace("{gradient}", short(each.gradient_norm))];
    lines.forEach((text, line) => layer.words(shortened(layer, text, wide + 26 * scale, 10.5), left + wide / 2, top + tall + (12 + LINE * line) * scale, { color: inks.dim, size: 10.5, align: "center" }));
  }

  /** The layerwise step beside the full one, and η among 1/L, 2/L and where it is stable. */
  foot(top, style) {
    const { layer, inks, words, found } = this;
    const { scale: unit } = layer;
    const angle = Math.acos(Math.min(1, Math.max(-1, found.cosine)));
    const honest = layer.height > TALL * unit ? wrapped(layer, words.honest, layer.width - 24, 10.5) : []; // a low panel keeps to its numbers
    const bottom = layer.height - (LINE * honest.length + 6) * unit;
    const size = Math.max(0, Math.min(bottom - top - 18 * unit, 0.26 * layer.width)) / Math.max(1, found.stretch);
    const [x, y] = [20, bottom - 6 * unit];
    const arrow = (turn, length, color, width) => layer.stroke(new Float32Array([x, y, x + length * Math.cos(turn), y - length * Math.sin(turn)]), 2, { color, width });
    arrow(0, size, inks.dim, 2);
    arrow(Math.min(angle, Math.PI / 2), size * found.stretch, style.color, 2.6);
    layer.words(shortened(layer, words.beside.replace("{angle}", ((180 * angle) / Math.PI).toFixed(0)).replace("{stretch}", found.stretch.toFixed(2)), 0.46 * layer.width, 11), 12, top + 4 * unit, { color: inks.text, size: 11, weight: 600 });
    const box = { left: 0.52 * layer.width, right: layer.width - 18, y: (top + bottom) / 2 };
    const count = found.layers.length;
    const most = Math.max(2.2 / count, 2.2 / found.overshoot, (found.eta ?? 0) * 1.1);
    const at = (eta) => box.left + (eta / most) * (box.right - box.left);
    layer.stroke(new Float32Array([box.left, box.y, box.right, box.y]), 2, { color: inks.faint, width: 1.4 });
    const marks = [[1 / count, "1/L", inks.dim, -1], [2 / count, "2/L", inks.dim, -1], [2 / found.overshoot, words.stable, inks.live, 1], ...(found.eta === null ? [] : [[found.eta, "η", style.color, -2.2]])];
    for (const [eta, text, color, side] of marks) {
      layer.stroke(new Float32Array([at(eta), box.y - 6 * unit, at(eta), box.y + 6 * unit]), 2, { color, width: 2 });
      layer.words(text, Math.min(at(eta), box.right - layer.measure(text, 10.5, 600) / 2), box.y + side * 13 * unit, { color, size: 10.5, weight: 600, align: "center", halo: inks.panel });
    }
    honest.forEach((line, k) => layer.words(line, 12, layer.height - (8 + LINE * (honest.length - 1 - k)) * unit, { color: inks.dim, size: 10.5 }));
  }

  /** What is shown of each layer, for the CSV. */
  table() {
    const rows = (this.found?.layers ?? []).map((each, k) => [k + 1, this.found.widths[k], this.found.widths[k + 1], each.condition, each.multiplier_norm, each.gradient_norm, each.step_norm]);
    return { columns: ["layer", "into", "out", "condition", "multiplier_norm", "gradient_norm", "step_norm"], rows };
  }
}
