// The server's addresses, and its answers as values.

import { metadata } from "./wire.mjs";

export class Api {
  constructor(base) {
    this.base = base || window.location.origin + new URL(".", document.baseURI).pathname.replace(/\/$/, "");
  }

  /** {id} or {sentence} of what was wrong with the spec. */
  async start(spec) {
    const answer = await fetch(`${this.base}/api/runs`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(spec) });
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? { id: body.id } : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /** The run, or null when the server does not know it. */
  async run(id) {
    const answer = await fetch(`${this.base}/api/runs/${id}`);
    return answer.ok ? answer.json() : null;
  }

  /** Theory's curves over the run so far, or null when the server does not know it. */
  async predictions(id, signal) {
    const answer = await fetch(`${this.base}/api/runs/${id}/predictions`, { signal });
    return answer.ok ? answer.json() : null;
  }

  drop(id) {
    return fetch(`${this.base}/api/runs/${id}`, { method: "DELETE", keepalive: true }).catch(() => null); // a lost server has no run to drop
  }

  async version() {
    const answer = await fetch(`${this.base}/api/health`);
    return answer.ok ? (await answer.json()).version : "";
  }

  /** The sheet {rows, columns, points, conditioning}. */
  async stage(id) {
    const answer = await fetch(`${this.base}/api/runs/${id}/stage`);
    if (!answer.ok) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const table = window.Arrow.tableFromIPC(bytes);
    const points = new Float64Array(3 * table.numRows);
    table.getChild("point").toArray().forEach((point, row) => points.set(point.toArray(), 3 * row));
    return { ...metadata(bytes, "stage"), points, conditioning: Array.from(table.getChild("conditioning").toArray()) };
  }

  stream(id) {
    return (offset) => `${this.base.replace(/^http/, "ws")}/api/runs/${id}/stream?offset=${offset}`;
  }
}
