// @ts-nocheck
// The server's addresses, and its answers as values.

import { metadata } from "./wire.mjs";

export class Api {
  constructor(base) {
    this.viewer = Math.random().toString(36).slice(2); // what this page calls itself
    this.base = base || window.location.origin + new URL(".", document.baseURI).pathname.replace(/\/$/, "");
  }

  /** {id} or {sentence} of what was wrong with the spec. */
  async start(spec) {
    const answer = await fetch(`${this.base}/api/runs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(spec),
    });
    // the head is here before the body is
    if (answer.ok) return { id: answer.headers.get("Location").split("/").at(-1) };
    const body = await answer.json().catch(() => ({}));
    return { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /**
   * `spec` as a protocol races it: {spec}, or {detail} of what was wrong; `report({done, total})` is told how far its
   * grid is.
   */
  async race(spec, protocol, signal, report) {
    const answer = await fetch(`${this.base}/api/races`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ spec, protocol }),
      signal,
    });
    if (!answer.ok) return answer.json();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let [rest, last] = ["", {}];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last.total ? { detail: `${answer.status}` } : last;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if ((last = JSON.parse(line)).total) report(last);
    }
  }

  /** The run, or null when the server does not know it. */
  async run(id) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}`);
    return answer.ok ? answer.json() : null;
  }

  /** The runs that the server keeps, newest first. */
  async runs() {
    const answer = await fetch(`${this.base}/api/runs`);
    return answer.ok ? answer.json() : [];
  }

  /** Theory's curves over the run so far, or null when the server does not know it. */
  async predictions(id, query, signal) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/predictions?${query}`, { signal });
    return answer.ok ? answer.json() : null;
  }

  /** Deletes a run unless somebody else watches it. */
  drop(id) {
    return fetch(`${this.base}/api/runs/${encodeURIComponent(id)}?viewer=${this.viewer}`, {
      method: "DELETE",
      keepalive: true,
    }).catch(() => null); // a lost server has no run to drop
  }

  async version() {
    const answer = await fetch(`${this.base}/api/health`);
    return answer.ok ? (await answer.json()).version : "";
  }

  /** The sheet {rows, columns, points, theta, jacobian, conditioning, curvature}, row by row. */
  async stage(id) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/stage`);
    if (!answer.ok) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const table = window.Arrow.tableFromIPC(bytes);
    const flat = (name) => table.getChild(name).data[0].children[0].values;
    const [points, theta, jacobian] = ["point", "theta", "jacobian"].map(flat);
    const curvature = Float64Array.from(table.getChild("curvature"), (value) => value ?? NaN);
    return {
      ...metadata(bytes, "stage"),
      points,
      theta,
      jacobian,
      conditioning: Array.from(table.getChild("conditioning").toArray()),
      curvature,
    };
  }

  /** The layers of a lane's network at a frame, or {sentence} of why there are none. */
  layers(id, lane, frame) {
    return this.asked(`runs/${id}/layers?lane=${lane}&frame=${frame}`);
  }

  /** Outputs and losses over a box of one or two parameters, or {sentence} of why there are none. */
  ground(id, low, high, signal) {
    return this.asked(`runs/${id}/ground?low=${low.join("_")}&high=${high.join("_")}`, signal);
  }

  /**
   * What the networks of lanes are, over inputs around the samples, at a frame; or {sentence} of why that cannot be
   * drawn.
   */
  function(id, lanes, frame, signal) {
    return this.asked(`runs/${id}/function?lanes=${lanes.join("_")}&frame=${frame}`, signal);
  }

  /** What the server answers, or {sentence}; nobody waits for it once `signal` is given. */
  async asked(path, signal) {
    const answer = await fetch(`${this.base}/api/${path}`, { signal }).catch(() => null);
    if (!answer) return { sentence: "…" }; // given up, or no server
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /** What an assembly of modules promises beside what it does, or {sentence} of what was wrong with it. */
  async compose(assembly) {
    const answer = await fetch(`${this.base}/api/compositions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(assembly),
    });
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /** The plane of losses through a lane's θ at a frame, or {sentence} of why there is none. */
  async slice(id, lane, frame) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/slice?lane=${lane}&frame=${frame}`);
    const body = await answer.json().catch(() => ({}));
    return answer.ok
      ? { ...body, loss: body.loss.map((loss) => loss ?? NaN) }
      : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  stream(id) {
    const address = `${this.base.replace(/^http/, "ws")}/api/runs/${encodeURIComponent(id)}/stream`;
    return (offset) => `${address}?offset=${offset}&viewer=${this.viewer}`;
  }
}
