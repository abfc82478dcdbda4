// The deck: every panel that can stand beside the stage, as the manifest registers it. A panel's module is loaded when
// it is first opened.

/**
 * @import { Store } from "../stream/store.mjs"
 * @import { Choice, PanelEntry, PanelView, PlaceOf, Setting, Words } from "../types.d.ts"
 * @import { Port } from "../stream/port.mjs"
 */

/** @typedef {{ panel(setting: Setting): PanelView }} Module */

/** @type {Map<string, Module>} */
const modules = new Map(); // those that are here, by their path

/**
 * Loads the modules of panels.
 *
 * @param {PanelEntry[]} entries
 */
export async function load(entries) {
  const absent = entries.filter(({ module }) => !modules.has(module));
  await Promise.all(
    absent.map(async ({ module }) => {
      modules.set(module, /** @type {Module} */ (await import(`../${module}`)));
    }),
  );
}

export class Deck {
  /**
   * `entries` are the manifest in the order of the page; `onView` is called with each view when it is made.
   *
   * @param {PanelEntry[]} entries
   * @param {PlaceOf} place
   * @param {Words} text
   * @param {Choice} choice
   * @param {Port} port
   * @param {(name: string, view: PanelView) => void} onView
   */
  constructor(entries, place, text, choice, port, onView) {
    this.entries = new Map(entries.map((each) => [each.name, each]));
    this.place = place;
    this.text = text;
    this.choice = choice;
    this.port = port;
    this.onView = onView;
    /** @type {Record<string, PanelView>} */
    this.views = {}; // those that are made
    /** @type {Map<string, string>} */
    this.silent = new Map(); // what is said in place of a panel that a run has no columns for
  }

  /** Every panel, in the order of the page. */
  get names() {
    return [...this.entries.keys()];
  }

  /**
   * Loads what panels need.
   *
   * @param {string[]} names
   */
  open(names) {
    return load(names.map((name) => this.entry(name)));
  }

  /** @param {string} name */
  entry(name) {
    return /** @type {PanelEntry} */ (this.entries.get(name));
  }

  /**
   * Whether a panel's module is here.
   *
   * @param {string} name
   */
  has(name) {
    return modules.has(this.entry(name).module);
  }

  /**
   * The view of a panel whose module is here.
   *
   * @param {string} name
   */
  view(name) {
    const known = this.views[name];
    if (known) return known;
    const { text, choice, port } = this;
    const words = text.panels[/** @type {keyof Words["panels"]} */ (name)];
    const { panel } = /** @type {Module} */ (modules.get(this.entry(name).module));
    const view = panel({ place: this.place(name), text, words, choice, port });
    this.views[name] = view;
    this.onView(name, view);
    return view;
  }

  /**
   * The columns that a panel needs and the recording of a run has not; none where the panel itself knows of runs
   * without them.
   *
   * @param {string} name
   * @param {Store} store
   */
  missing(name, store) {
    const { columns, some } = this.entry(name);
    const missing = columns.filter((column) => !store.recorded.has(column));
    return some && missing.length === columns.length ? [] : missing;
  }

  /**
   * Says in a panel's place which columns a run has not; returns whether any are missing.
   *
   * @param {string} name
   * @param {Store} store
   */
  silence(name, store) {
    const missing = this.missing(name, store);
    const said = missing.length ? this.text.notes.unrecorded.replace("{columns}", missing.join(", ")) : "";
    this.tell(name, said);
    return Boolean(said);
  }

  /**
   * A sentence in place of a panel, or none.
   *
   * @param {string} name
   * @param {string} said
   */
  tell(name, said) {
    if (said) this.silent.set(name, said);
    else this.silent.delete(name);
    this.place(name).dataset.missing = said;
  }

  /**
   * Shows layers of the panels that have layers.
   *
   * @param {Set<string>} layers
   */
  choose(layers) {
    for (const [name, view] of Object.entries(this.views)) this.layer(name, view, layers);
  }

  /**
   * @param {string} name
   * @param {PanelView} view
   * @param {Set<string>} layers
   */
  layer(name, view, layers) {
    const words = /** @type {{ layers?: object }} */ (this.text.panels[/** @type {keyof Words["panels"]} */ (name)]);
    if (words.layers) view.choose?.(layers);
  }
}
