// Direct labels without overlap: each takes the first free of a few places around its anchor, and keeps last time's if it still is free.

const GAP = 11;
const ROWS = [0, -13, 13, -26, 26, -40, 40, -56, 56, -74, 74, -96, 96];
const SIDES = [{ side: 1, cost: 0 }, { side: -1, cost: 3 }, { side: 0, cost: 9 }]; // right of, left of, over or under the anchor
const PLACES = ROWS.flatMap((dy) => SIDES.map(({ side, cost }) => ({ dy, side, cost: cost + Math.abs(dy) }))).sort((a, b) => a.cost - b.cost);
const FAR = 30; // pixels above or below beyond which a leader is drawn

/**
 * Places `labels` ({key, x, y, width, height}) inside `frame` ({width, height, scale}) clear of each other and of `obstacles` ({x, y, width, height}).
 * `memory` is a Map that the caller keeps between frames. Returns [{label, x, y, far, crowded}] with (x, y) the left middle of the words.
 */
export function placeLabels(labels, obstacles, frame, memory) {
  const taken = [...obstacles];
  return labels.map((label) => {
    const last = memory.get(label.key);
    const { scale = 1 } = frame;
    const free = (place, slack, others = taken) => fits(spot(label, place, scale), others, frame, slack);
    const found = last && free(last, 2) ? last : PLACES.find((place) => free(place, 0));
    const choice = found ?? PLACES.find((place) => free(place, 0, [])) ?? PLACES[0];
    memory.set(label.key, choice);
    const box = spot(label, choice, scale);
    taken.push(box);
    return { label, x: box.x, y: box.y + box.height / 2, far: Math.abs(choice.dy) > FAR, crowded: !found };
  });
}

/** A box for a label under or over one of `anchors`, the one of last time if it still is free; null where none is. */
export function placeBeside({ key, anchors, width, height }, obstacles, frame, memory) {
  const places = anchors.flatMap(({ x, y }, index) => [[x - width - 6, y + 3], [x + 6, y - height - 3], [x - width / 2, y + 7], [x - width / 2, y - height - 7]].map(([left, top], side) => ({ id: `${index} ${side}`, x: left, y: top, width, height })));
  const last = memory.get(key);
  const found = [...places.filter(({ id }) => id === last), ...places].find((box) => fits(box, obstacles, frame, box.id === last ? 2 : 0));
  memory.set(key, found?.id);
  return found ?? null;
}

/** Small boxes along points (x₀, y₀, …), at least `apart` from each other, so that names keep clear of a line. */
export function beads(points, count, apart) {
  const out = [];
  let [x0, y0] = [-1e9, 0];
  for (let k = 0; k < count; k += 1) {
    const [x, y] = [points[2 * k], points[2 * k + 1]];
    const length = Math.hypot(x - x0, y - y0);
    if (length < apart) continue;
    const pieces = x0 > -1e8 ? Math.min(400, Math.floor(length / apart)) : 1; // long straight pieces get beads between
    for (let j = 1; j <= pieces; j += 1) out.push({ x: x0 > -1e8 ? x0 + ((x - x0) * j) / pieces - 2 : x - 2, y: x0 > -1e8 ? y0 + ((y - y0) * j) / pieces - 2 : y - 2, width: 4, height: 4 });
    [x0, y0] = [x, y];
  }
  return out;
}

function spot(label, { dy, side }, scale) {
  const x = side === 0 ? label.x - label.width / 2 : label.x + side * scale * (Math.abs(dy) > GAP ? 5 : GAP) - (side < 0 ? label.width : 0);
  return { x, y: label.y + scale * dy - label.height / 2, width: label.width, height: label.height };
}

function fits(box, taken, frame, slack) {
  if (box.x < 4 || box.y < 4 || box.x + box.width > frame.width - 4 || box.y + box.height > frame.height - 4) return false;
  return !taken.some(
    (other) =>
      box.x + slack < other.x + other.width && other.x + slack < box.x + box.width && box.y + slack < other.y + other.height && other.y + slack < box.y + box.height,
  );
}
