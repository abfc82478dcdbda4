// The shelf: runs that this server keeps, of which any of the same sizes can be laid over the one that is shown.

export class Shelf {
  constructor(page, place, words) {
    Object.assign(this, { page, place, words });
    const list = Object.assign(document.createElement("div"), { className: "list" });
    place.append(Object.assign(document.createElement("summary"), { textContent: words.title }), list);
    place.addEventListener("toggle", () => place.open && this.show(list));
    for (const id of page.chosen.over ?? []) page.ghosts.lay(id, true);
  }

  async show(list) {
    const { page, words } = this;
    const runs = (await page.api.runs()).filter(({ id, outputs, parameters }) => id !== page.session?.id && this.fits(outputs, parameters));
    list.replaceChildren(paragraph(runs.length ? words.about : words.none), ...runs.map((run) => this.row(run)));
  }

  fits(outputs, parameters) {
    const meta = this.page.session?.store?.meta;
    return meta && meta.outputs === outputs && meta.parameters === parameters;
  }

  row({ id, title, rows, made }) {
    const { page } = this;
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: page.ghosts.laid.has(id) });
    box.addEventListener("change", () => this.lay(id, box.checked));
    label.append(box, `${title || id} · ${rows} rows · ${new Date(1000 * made).toLocaleTimeString()}`);
    label.title = id;
    return label;
  }

  lay(id, on) {
    const { page } = this;
    page.ghosts.lay(id, on);
    page.chosen.over = [...page.ghosts.laid.keys()];
    page.remember();
  }
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}
