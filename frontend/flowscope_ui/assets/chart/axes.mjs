// Plotly's part of a chart: axes, zoom, hover and export, on a logarithmic, a linear or a symmetric logarithmic scale.
// Ranges grow with what is drawn and never shrink by themselves.

import { FONT } from "../canvas/layer.mjs";
import { axisOf, coordinate, firstSpent, grown, power, scale as pixels, ticks } from "../canvas/scale.mjs";
import { later } from "../stream/later.mjs";
import { markup } from "../text/typeset.mjs";

/** @import { AxisKind, ChartScales, Clock, Counter, Ink, Panel, Units } from "../types.d.ts" */

/**
 * The ends of both axes; `low` and `high` are values.
 *
 * @typedef {{ soonest: number, time: number, kind: AxisKind, low: number, high: number, unit?: number }} Range
 */

const { Plotly } = window;
const MARGIN = { l: 50, r: 12, t: 6, b: 36 };
const CONFIG = { displayModeBar: false, doubleClick: false, responsive: false, showTips: false };
const GROWN = 0.64; // of the time axis: beyond it the axis grows, so that names have room
const ZERO = 20; // pixels below the least power of ten, for 0
const FIRST = [1e-2, 1]; // of a logarithmic axis that does not say where it begins
const APART = 30; // pixels between numbers
const CLEAR = "rgba(0,0,0,0)";

export class Axes {
  /**
   * `onChange` is called when pixels moved.
   *
   * @param {HTMLElement} place
   * @param {Panel} panel
   * @param {() => void} onChange
   */
  constructor(place, panel, onChange) {
    this.panel = panel;
    this.kind = panel.scale ?? "log";
    this.onChange = onChange;
    this.held = false; // a person has zoomed
    this.ours = 0;
    this.log = false;
    this.height = 0;
    this.horizon = 0;
    this.laid = "";
    /** @type {Clock | Counter} */
    this.clock = later;
    /** @type {Range} */
    this.first = later;
    /** @type {Range} */
    this.range = later;
    /** @type {number | undefined} */
    this.later = undefined;
    /** @type {any} */
    this.plot = document.createElement("div"); // which Plotly makes its own
    this.plot.className = "plot";
    place.append(this.plot);
  }

  resize() {
    this.height = this.plot.clientHeight;
    if (this.plot.data) this.change(() => Plotly.Plots.resize(this.plot));
  }

  /**
   * Axes for a new run of flow time `horizon`, in the convention `units`.
   *
   * @param {number} horizon
   * @param {Units} units
   * @param {Ink} ink
   * @param {number} scale
   */
  show(horizon, units, ink, scale) {
    this.height = this.plot.clientHeight; // kept, since to ask for it in every frame would lay the page out
    const [least, greatest] = this.kind === "log" ? FIRST : [NaN, NaN];
    const { low = least, high = greatest, unit } = this.panel;
    // what a lane will have spent is not known before
    const factor = units.axis.columns ? Infinity : units.factor("time");
    const time = units.axis.columns
      ? firstSpent(units.axis)
      : factor * Math.min(horizon, Math.max(horizon / 5, 2)) * 1.06;
    Object.assign(this, {
      horizon: factor * horizon,
      clock: units.axis,
      held: false,
      first: { soonest: time / 100, time, kind: this.kind, low, high, unit },
    });
    this.settle();
    this.laid = this.extent;
    this.change(() => Plotly.newPlot(this.plot, [], this.layout(ink, scale), CONFIG));
    this.plot.removeAllListeners("plotly_relayout");
    this.plot.on("plotly_relayout", () => {
      const zoomed = !this.ours;
      this.held ||= zoomed;
      if (zoomed && this.kind !== "log") this.number();
      this.onChange();
    });
    this.plot.on("plotly_relayouting", () => this.onChange());
    this.plot.on("plotly_doubleclick", () => {
      this.held = false;
      this.relayout();
    });
  }

  /** Ranges as at first: the next growth lays them out. */
  settle() {
    this.range = { ...this.first };
  }

  /** What of the ranges is seen. */
  get extent() {
    return `${this.span()} ${this.rise()}`;
  }

  /**
   * @param {Ink} ink
   * @param {number} scale
   */
  ink(ink, scale) {
    this.change(() => Plotly.react(this.plot, this.plot.data, this.layout(ink, scale)));
  }

  /**
   * Gives Plotly curves to hover over.
   *
   * @param {object[]} traces
   */
  commit(traces) {
    this.change(() => Plotly.react(this.plot, traces, this.plot.layout));
  }

  /**
   * The axes alone as an SVG document.
   *
   * @param {number} width
   * @param {number} height
   * @returns {Promise<string>}
   */
  svg(width, height) {
    return Plotly.toImage(
      { data: [], layout: this.plot.layout },
      { format: "svg", width, height, imageDataOnly: true },
    );
  }

  /** The numbers of the range that a person has chosen. */
  number() {
    const [low, high] = this.plot.layout.yaxis.range;
    const { tickvals, ticktext } = this.numbers(low, high);
    this.change(() => Plotly.relayout(this.plot, { "yaxis.tickvals": tickvals, "yaxis.ticktext": ticktext }));
  }

  relayout() {
    this.laid = this.extent;
    const told = Object.entries(this.numbered()).filter(
      ([key, value]) => `${value}` !== `${this.plot.layout.yaxis[key]}`,
    ); // for these alone all is drawn anew
    const change = {
      "xaxis.range": this.span(),
      "yaxis.range": this.rise(),
      ...Object.fromEntries(told.map(([key, value]) => [`yaxis.${key}`, value])),
    };
    this.change(() => Plotly.relayout(this.plot, change));
  }

  /**
   * Something we do to the plot ourselves: it does not count as a person's zoom.
   *
   * @param {() => Promise<unknown>} act
   */
  change(act) {
    this.ours += 1;
    act().then(() => {
      this.ours -= 1;
    });
    this.onChange();
  }

  /**
   * @param {Ink} ink
   * @param {number} scale
   */
  layout(ink, scale) {
    const axis = {
      gridcolor: ink.grid,
      linecolor: ink.faint,
      zeroline: false,
      showline: true,
      ticks: "",
      ticklabeloverflow: "allow",
      tickfont: { size: 11 * scale, color: ink.dim },
    };
    const title = { text: this.clock.title, standoff: 4, font: { size: 11 * scale, color: ink.dim } };
    const powers = {
      tickfont: { size: 9.5 * scale, color: ink.dim },
      exponentformat: "power",
      showexponent: "all",
      minor: { ticks: "" },
    }; // Plotly enlarges powers
    return {
      margin: { l: MARGIN.l * scale, r: MARGIN.r, t: MARGIN.t, b: MARGIN.b * scale },
      showlegend: false,
      hovermode: "x unified",
      dragmode: "zoom",
      uirevision: this.log ? "log" : "kept",
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      font: { family: FONT, color: ink.text },
      hoverlabel: { bgcolor: ink.panel, bordercolor: ink.faint, font: { size: 11 * scale, color: ink.text } },
      xaxis: {
        ...axis,
        title,
        ...(this.panel.strips && { anchor: "free", position: 0 }),
        type: this.log ? "log" : "linear",
        ...(this.log && { ...powers, dtick: 1 }),
        range: this.span(),
        nticks: 7,
        unifiedhovertitle: { text: `${markup(this.clock.letter)} = %{x:${this.clock.columns ? ".4~s" : ".2f"}}` },
      },
      yaxis: {
        ...axis,
        ...powers,
        domain: [1 - (this.panel.strips ?? 1), 1 - (this.panel.strip ?? 0)],
        type: this.kind === "log" ? "log" : "linear",
        range: this.rise(),
        ...this.numbered(),
        ...((this.panel.zero || this.kind !== "log") && { tickfont: axis.tickfont }),
      },
    };
  }

  /** Plotly's range of the time axis: from 0, or of exponents. */
  span() {
    const { soonest, time } = this.range;
    return this.log ? [Math.log10(soonest), Math.log10(time)] : [0, time];
  }

  /** Plotly's range upwards: of exponents, of values, or of coordinates. */
  rise() {
    const { low, high } = axisOf(this.range);
    return [low - (this.panel.zero ? (ZERO * (high - low)) / Math.max(ZERO, this.tall - ZERO) : 0), high];
  }

  /** Pixels between the least and the greatest value. */
  get tall() {
    return ((this.panel.strips ?? 1) - (this.panel.strip ?? 0)) * (this.height - MARGIN.t - MARGIN.b);
  }

  /** The numbers upwards, in Plotly's words: with 0 on a logarithmic axis none in its room. */
  numbered() {
    const { low, high } = axisOf(this.range);
    if (this.kind !== "log") return this.numbers(low, high);
    const step = this.decadeStep();
    if (!this.panel.zero) return { dtick: step };
    const [first, last] = [
      Math.ceil(Math.log10(this.range.low) / step - 1e-9),
      Math.floor(Math.log10(this.range.high) / step + 1e-9),
    ];
    const exponents = Array.from({ length: last - first + 1 }, (_, k) => step * (first + k));
    return {
      tickvals: exponents.map((each) => 10 ** each),
      ticktext: exponents.map((each) => (each === 0 || each === 1 ? `${10 ** each}` : markup(power(each)))),
    };
  }

  /**
   * The numbers of a linear or symmetric logarithmic axis between two coordinates.
   *
   * @param {number} low
   * @param {number} high
   */
  numbers(low, high) {
    const axis = { ...axisOf(this.range), low, high };
    const at = coordinate(axis);
    const told = ticks(axis, this.tall, APART);
    return { tickvals: told.map(({ value }) => at(value)), ticktext: told.map(({ text }) => markup(text)) };
  }

  decadeStep() {
    const rows = Math.max(2, Math.floor(this.tall / APART));
    return Math.max(1, Math.ceil(Math.log10(this.range.high / this.range.low) / rows));
  }

  /**
   * Lets the ranges grow to what is drawn, and to the moment `far` that is to be in sight before it is reached.
   *
   * @param {{ time: number, far: number, soonest: number, least: number, greatest: number }} seen
   */
  grow({ time, far, soonest, least, greatest }) {
    const { range, horizon } = this;
    while (time > GROWN * range.time && range.time < 1.05 * horizon)
      range.time = Math.min(1.5 * range.time, 1.06 * horizon);
    if (far > range.time / 1.1) range.time = Math.min(1.12 * far, 1.06 * horizon);
    if (soonest < range.soonest) range.soonest = soonest;
    if (this.kind === "log") this.growDecades(least, greatest);
    else Object.assign(range, grown(range, { least, greatest }));
    if (this.late) this.later ??= setTimeout(() => this.catchUp());
  }

  /**
   * Lets a logarithmic axis grow to positive values, down to the panel's floor.
   *
   * @param {number} least
   * @param {number} greatest
   */
  growDecades(least, greatest) {
    const { range, panel } = this;
    const floor = panel.floor ?? 1e-300;
    const low = Math.max(least, floor);
    if (low < 1.5 * range.low) range.low = Math.max(10 ** (Math.floor(Math.log10(low)) - (panel.room ?? 1)), floor / 3);
    if (greatest > 0.7 * range.high) range.high = 10 ** Math.ceil(Math.log10(greatest) + 0.3);
  }

  /** Whether what is to be seen has outgrown the axes as they are laid out. */
  get late() {
    return this.extent !== this.laid && !this.held;
  }

  /** Lays the axes out, in a task between two drawings: a drawing and Plotly together would hold the page up. */
  catchUp() {
    clearTimeout(this.later);
    this.later = undefined;
    if (this.late) this.relayout();
  }

  /**
   * From data to pixels, and the edges of the plot.
   *
   * @returns {ChartScales}
   */
  scales() {
    // there is no public map to pixels; Plotly is vendored, so this cannot drift
    const { xaxis, yaxis, _size: size } = this.plot._fullLayout;
    const [t0, t1] = xaxis.range;
    const [d0, d1] = yaxis.range;
    const floor = this.panel.floor ?? 0;
    const bottom = yaxis._offset + yaxis._length;
    const axis = { ...axisOf(this.range), low: d0, high: d1 };
    const level = pixels(axis, { top: yaxis._offset, bottom });
    const logarithmic = (/** @type {number} */ value) =>
      value > 0 || (floor && !Number.isNaN(value)) ? level(Math.max(value, floor)) : value === 0 ? bottom - 7 : NaN;
    return {
      left: xaxis._offset,
      right: xaxis._offset + xaxis._length,
      top: yaxis._offset,
      bottom,
      zero: bottom - 7,
      base: size.t + size.h,
      log: this.log,
      axis,
      mark: [t0, t1, d0, d1, axis.unit, xaxis._offset, xaxis._length, yaxis._offset, yaxis._length, this.log].join(),
      at: (x) => {
        const value = t0 + ((x - xaxis._offset) / xaxis._length) * (t1 - t0);
        return this.log ? 10 ** value : value;
      },
      x: this.log
        ? (time) => (time > 0 ? xaxis._offset + ((Math.log10(time) - t0) / (t1 - t0)) * xaxis._length : NaN)
        : (time) => xaxis._offset + ((time - t0) / (t1 - t0)) * xaxis._length,
      y: this.kind === "log" ? logarithmic : level,
    };
  }
}
