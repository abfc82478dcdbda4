// Everything that has arrived, in append-only typed-array columns: one store for all panels, views get subarrays.

import { SCALARS } from "./columns.mjs";

/** @import { Batch, Columns, LaneState, Meta, MetaLane, Optional, Scalar } from "../types.d.ts" */

const FIRST = 1024;
const CAP = 1 << 18;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

let made = 0;

/**
 * Rows that the next column has room for at first, FIRST to 2·FIRST: columns of one age outgrow their room one after
 * the other, since to move all at once holds the page up.
 */
function room() {
  made += 1;
  return Math.ceil(FIRST * 2 ** ((GOLDEN * made) % 1));
}

/** Rows of `width` numbers; grows by doubling up to a hard cap, then keeps every second row. */
export class Column {
  /** @param {number} [width] */
  constructor(width = 1) {
    this.width = width;
    this.data = new Float64Array(room() * width);
    this.count = 0;
  }

  /** @param {number | ArrayLike<number>} values */
  push(values) {
    if ((this.count + 1) * this.width > this.data.length) {
      const wider = new Float64Array(2 * this.data.length);
      wider.set(this.data);
      this.data = wider;
    }
    if (this.width === 1) this.data[this.count] = Number(values);
    else this.data.set(/** @type {ArrayLike<number>} */ (values), this.count * this.width);
    this.count += 1;
  }

  /** A row that was not measured, so that all columns keep in step. */
  get missing() {
    return new Float64Array(this.width).fill(NaN);
  }

  thin() {
    const kept = (this.count + 1) >> 1;
    for (let k = 1; k < kept; k += 1)
      this.data.copyWithin(k * this.width, 2 * k * this.width, (2 * k + 1) * this.width);
    this.count = kept;
  }

  /**
   * The last of the first `count` rows.
   *
   * @param {number} count
   */
  row(count) {
    return Array.from(this.data.subarray((count - 1) * this.width, count * this.width));
  }

  /** The first `count` rows, no copy. */
  view(count = this.count) {
    return this.data.subarray(0, count * this.width);
  }
}

export class Lane {
  /** @param {MetaLane} told */
  constructor({ lane, solver, name, seed, exponent }) {
    this.lane = lane;
    this.solver = solver;
    this.name = name;
    this.seed = seed;
    this.exponent = exponent ?? null; // of L − L* by theory
    this.status = "running";
    this.count = 0;
    this.first = true; // whether it is of the first seed
    this.epoch = 0; // counts the times rows were thinned, for views that remember where they were
    this.columns = /** @type {Columns} */ (Object.fromEntries(SCALARS.map((each) => [each, new Column()])));
  }

  /**
   * @param {Batch} batch
   * @param {number} index
   */
  push(batch, index) {
    if (this.count >= CAP) this.thin();
    for (const name in batch.scalars) this.column(name, 1).push(batch.scalars[name][index]);
    for (const name of SCALARS) if (!batch.scalars[name]) this.columns[name].push(NaN); // not recorded
    for (const name in batch.lists) {
      const values = batch.lists[name](index) ?? this.known(name)?.missing;
      if (values) this.column(name, values.length).push(values);
    }
    this.status = batch.status(index);
    this.count += 1;
  }

  /**
   * A column that came with the schema; undefined before its first value.
   *
   * @param {string} name
   * @returns {Column | undefined}
   */
  known(name) {
    return /** @type {Record<string, Column>} */ (this.columns)[name];
  }

  /**
   * The column of a name: a new one is NaN in the rows before.
   *
   * @param {string} name
   * @param {number} width
   */
  column(name, width) {
    const known = this.known(name);
    if (known) return known;
    const column = new Column(width);
    for (let row = 0; row < this.count; row += 1) column.push(width === 1 ? NaN : column.missing);
    /** @type {Record<string, Column>} */ (this.columns)[name] = column;
    return column;
  }

  /**
   * L − L* over another L*; the row that is L* itself has none, one that was has it again.
   *
   * @param {number} reference
   */
  measure(reference) {
    const { loss, excess_loss: excess } = this.columns;
    for (let row = 0; row < this.count; row += 1) {
      const gap = loss.data[row] - reference;
      excess.data[row] = gap > 0 ? gap : NaN;
    }
    this.epoch += 1;
  }

  thin() {
    for (const column of Object.values(this.columns)) column.thin();
    this.count = this.columns.frame.count;
    this.epoch += 1;
  }

  /**
   * How many rows have a frame ≤ `frame`.
   *
   * @param {number} frame
   */
  upTo(frame) {
    return bisect(this.columns.frame.view(), frame);
  }

  /**
   * @param {Scalar | Optional} name
   * @param {number} count
   */
  last(name, count) {
    return this.columns[name].data[count - 1];
  }
}

export class Store {
  /**
   * @param {Meta} meta
   * @param {string[]} columns those of its schema
   */
  constructor(meta, columns) {
    this.meta = meta;
    this.recorded = new Set(columns);
    this.lanes = meta.lanes.map((lane) => new Lane(lane));
    // further seeds are drawn faintly, without names
    for (const lane of this.lanes) lane.first = lane.seed === this.lanes[0].seed;
    this.next = 0; // the offset to resume at
    this.head = -1; // the newest frame
    this.gaps = 0;
    this.thinned = 0; // up to this row the server has said that it leaves some out
    this.received = 0;
    this.reference = meta.best?.loss; // L* in force; none where none is known
    this.marks = { frame: new Column(), end: new Column() };
  }

  /**
   * Appends one decoded batch up to frame `last`, and says whether that was all. Where a lane has come below L*, every
   * row is measured over the lower one.
   *
   * @param {Batch} batch
   * @param {number} [last]
   */
  append(batch, last = Infinity) {
    const [before = NaN, whole] = [this.reference, this.take(batch, last)];
    if (this.reference !== undefined && this.reference < before)
      for (const lane of this.lanes) lane.measure(this.reference);
    return whole;
  }

  /**
   * Rows that are here are passed over, jumps counted.
   *
   * @param {Batch} batch
   * @param {number} last
   */
  take(batch, last) {
    for (let index = 0; index < batch.count; index += 1) {
      const row = batch.scalars.row[index];
      if (row < this.next) continue;
      if (batch.scalars.frame[index] > last) return false;
      if (row > this.next && row > this.thinned) this.gaps += 1;
      this.next = row + 1;
      this.received += 1;
      const frame = batch.scalars.frame[index];
      this.lanes[batch.scalars.lane[index]].push(batch, index);
      this.refer(batch.scalars.reference?.[index] ?? NaN, batch.scalars.time[index]);
      if (frame > this.head) {
        this.head = frame;
        this.marks.frame.push(frame);
        this.marks.end.push(row + 1);
      } else this.marks.end.data[this.marks.end.count - 1] = row + 1;
    }
    return true;
  }

  /**
   * Notes L* in force at a row of time `time`, and when it was lowered first.
   *
   * @param {number} reference
   * @param {number} time
   */
  refer(reference, time) {
    if (this.reference !== undefined && reference < this.reference) this.lowered ??= time;
    if (!Number.isNaN(reference)) this.reference = reference;
  }

  /**
   * Nothing more will come: how its lanes stand, of which some were cut off before their end.
   *
   * @param {LaneState[]} lanes
   */
  end(lanes) {
    const lost = lanes.filter(({ status }) => status === "lost");
    for (const { lane, status } of lost) if (this.lanes[lane]) this.lanes[lane].status = status;
    Object.assign(this, { complete: true, cut: lost.length > 0 });
  }

  /**
   * The offset behind the last row of frames ≤ `frame`: what has been drawn when the playhead stands there.
   *
   * @param {number} frame
   */
  drawn(frame) {
    const count = bisect(this.marks.frame.view(), frame);
    return count ? this.marks.end.data[count - 1] : 0;
  }
}

/**
 * @param {Float64Array} sorted
 * @param {number} value
 */
function bisect(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
