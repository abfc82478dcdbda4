// The native selects of the page: units, ε, bands over seeds, the language. Each shows what was chosen and says when a
// person chooses anew.

import { BAND, writeAddress } from "../stream/address.mjs";
import { Convention } from "../stream/convention.mjs";
import { offerLanguages } from "../text/language.mjs";

/** @import { Chosen, Conventions, Meta } from "../types.d.ts" */

const IDS = { loss: "unit-loss", clock: "unit-clock", share: "unit-share", band: "unit-band" };

/** @typedef {keyof typeof IDS} ChoiceName */

const NAMES = /** @type {ChoiceName[]} */ (Object.keys(IDS));

export class Choices {
  /**
   * `table` is the contract's conventions, whose first members are the default; `onChange(name)` is called when
   * `chosen` has changed.
   *
   * @param {Chosen} chosen
   * @param {Conventions} table
   * @param {(name: ChoiceName) => void} onChange
   */
  constructor(chosen, table, onChange) {
    /** @type {Chosen} */
    this.chosen = chosen;
    this.table = table;
    this.onChange = onChange;
    /** @type {Record<ChoiceName, string>} */
    const declared = {
      loss: table.losses[0].name,
      clock: table.clocks[0].name,
      share: String(table.share),
      band: BAND,
    };
    for (const name of NAMES) {
      if (!this.option(name)) chosen[name] = declared[name];
      const place = this.place(name);
      place.value = /** @type {HTMLOptionElement} */ (this.option(name)).value;
      place.addEventListener("change", () => this.choose(name, place.value));
    }
    offerLanguages(/** @type {HTMLSelectElement} */ (document.getElementById("language")), chosen);
  }

  /** @param {ChoiceName} name */
  place(name) {
    return /** @type {HTMLSelectElement} */ (document.getElementById(IDS[name]));
  }

  /**
   * The option of what was chosen; none where an address names something else.
   *
   * @param {ChoiceName} name
   */
  option(name) {
    return [...this.place(name).options].find(
      ({ value }) => value === String(this.chosen[name]) || Number(value) === this.chosen[name],
    );
  }

  /**
   * @param {ChoiceName} name
   * @param {string} value
   */
  choose(name, value) {
    this.chosen[name] = value;
    this.place(name).value = value;
    writeAddress(this.chosen);
    this.onChange(name);
  }

  /**
   * The units of a run.
   *
   * @param {Meta} meta
   */
  units(meta) {
    return new Convention(this.table, this.chosen, meta);
  }
}
