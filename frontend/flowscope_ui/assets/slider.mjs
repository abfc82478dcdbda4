// The one slider that a preset may have: moving it starts the run anew with another number.

const STEPS = 400;

export class Slider {
  /** `place` is its box in the rail; `onMove(spec)` is called with the changed spec, `onRest()` when the hand leaves it. */
  constructor(place, onMove, onRest) {
    Object.assign(this, { place, onMove, onRest });
  }

  /** The slider {path, label, low, high, logarithmic} of `spec`, or none. */
  show(slider, spec) {
    this.place.replaceChildren();
    if (!slider) return;
    const label = Object.assign(document.createElement("label"), { textContent: slider.label, htmlFor: "slider-range" });
    const value = document.createElement("output");
    const range = Object.assign(document.createElement("input"), { type: "range", id: "slider-range", min: 0, max: STEPS, step: 1 });
    range.value = STEPS * share(slider, valueAt(spec, slider.path));
    const tell = (number) => {
      value.textContent = written(number);
      range.setAttribute("aria-valuetext", written(number));
    };
    tell(valueAt(spec, slider.path));
    range.addEventListener("input", () => {
      const number = numberAt(slider, Number(range.value) / STEPS);
      tell(number);
      this.onMove(withValue(spec, slider.path, number));
    });
    range.addEventListener("change", () => this.onRest());
    this.place.append(label, value, range);
  }
}

/** Where a number stands between the ends, 0 to 1. */
export function share({ low, high, logarithmic }, number) {
  const scale = logarithmic ? Math.log : (x) => x;
  return Math.min(1, Math.max(0, (scale(number) - scale(low)) / (scale(high) - scale(low))));
}

/** The number at a share, in as many decimals as tell it from that of the next step. */
export function numberAt({ low, high, logarithmic }, at) {
  const number = logarithmic ? low * (high / low) ** at : low + at * (high - low);
  const step = (logarithmic ? number * Math.log(high / low) : high - low) / STEPS;
  return Number(number.toFixed(Math.max(0, Math.ceil(-Math.log10(step)))));
}

/** A number as the page writes it, every digit. */
function written(number) {
  return String(number).replace("-", "−");
}

export function valueAt(spec, path) {
  return path.split(".").reduce((place, part) => place[part], spec);
}

/** A copy of `spec` with another number at `path`. */
export function withValue(spec, path, number) {
  const copy = structuredClone(spec);
  const parts = path.split(".");
  const last = parts.pop();
  parts.reduce((place, part) => place[part], copy)[last] = number;
  return copy;
}
