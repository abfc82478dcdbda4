// @ts-nocheck
// The native selects of the page: units, ε, bands over seeds, the language. Each shows what was chosen and says when a
// person chooses anew.

import { BAND, writeAddress } from "../stream/address.mjs";
import { Convention } from "../stream/convention.mjs";
import { offerLanguages } from "../text/language.mjs";

const IDS = { loss: "unit-loss", clock: "unit-clock", share: "unit-share", band: "unit-band" };

export class Choices {
  /**
   * `table` is the contract's conventions, whose first members are the default; `onChange(name)` is called when
   * `chosen` has changed.
   */
  constructor(chosen, table, onChange) {
    this.chosen = chosen;
    this.table = table;
    this.onChange = onChange;
    const declared = { loss: table.losses[0].name, clock: table.clocks[0].name, share: table.share, band: BAND };
    for (const name of Object.keys(IDS)) {
      if (!this.option(name)) chosen[name] = declared[name];
      this.place(name).value = this.option(name).value;
      this.place(name).addEventListener("change", ({ target }) => this.choose(name, target.value));
    }
    offerLanguages(document.getElementById("language"), chosen);
  }

  place(name) {
    return document.getElementById(IDS[name]);
  }

  /** The option of what was chosen; none where an address names something else. */
  option(name) {
    return [...this.place(name).options].find(
      ({ value }) => value === String(this.chosen[name]) || Number(value) === this.chosen[name],
    );
  }

  choose(name, value) {
    this.chosen[name] = value;
    this.place(name).value = value;
    writeAddress(this.chosen);
    this.onChange(name);
  }

  /** The units of a run. */
  units(meta) {
    return new Convention(this.table, this.chosen, meta);
  }
}
