// In which units losses and times are told: the contract's table at the sizes of a run. Everything that is drawn or
// said goes through here.

/** @import { Clock, Conventions, Counter, Meta } from "../types.d.ts" */

export class Convention {
  /**
   * `table` is the contract's; `names` are {loss, clock} of a person's choice; `meta` gives n and N.
   *
   * @param {Conventions} table
   * @param {{ loss?: string; clock?: string; share?: number | string; band?: string }} names
   * @param {Meta} meta
   */
  constructor(table, names, meta) {
    this.scaled = new Set(table.scaled);
    this.loss = table.losses.find(({ name }) => name === names.loss) ?? table.losses[0];
    this.clock = table.clocks.find(({ name }) => name === names.clock) ?? table.clocks[0];
    /** @type {Clock | Counter} */
    // a counter is a lane's own clock; theory then speaks of t
    this.axis = table.counters.find(({ name }) => name === names.clock) ?? this.clock;
    this.clocks = [this.clock, ...table.counters]; // one of time and every one that counts
    this.share = Number(names.share ?? table.share);
    this.band = names.band ?? "";
    this.samples = meta.samples;
    this.outputs = meta.outputs;
    this.definition = this.caption(`\${L} = ${this.loss[meta.loss?.is_squares ? "squares" : "general"]}`);
  }

  /**
   * What declared values of a column are multiplied by.
   *
   * @param {string} column
   */
  factor(column) {
    const scale = column === "time" ? this.clock : this.scaled.has(column) ? this.loss : null;
    return scale ? this.samples ** scale.samples * this.outputs ** scale.outputs : 1;
  }

  /**
   * A sentence with the letters of this convention.
   *
   * @param {string} text
   */
  caption(text) {
    /** @type {Record<string, string>} */
    const letters = {
      L: this.clock.loss,
      t: this.clock.time,
      time: this.clock.letter,
      half: this.clock.half,
      per: this.loss.per,
    };
    return text.replaceAll(/\$\{(\w+)\}/g, (_, name) => letters[name]);
  }
}

/**
 * Whether the loss of a run is told as the excess over the best in class, or raw.
 *
 * @param {Meta} meta
 */
export function hasReference(meta) {
  return meta.best !== null;
}
