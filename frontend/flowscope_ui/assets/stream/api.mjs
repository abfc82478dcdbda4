// The server's addresses, and its answers as values.

import { metadata } from "./wire.mjs";

/** @import { Assembly, Composed, Functions, Ground, Layers, Prediction, Protocol, Refusal } from "../types.d.ts" */
/** @import { Run, Slice, Spec, Surface } from "../types.d.ts" */

/** @typedef {{ done?: number, total?: number, spec?: Spec, detail?: string }} Raced */

export class Api {
  /** @param {string} base */
  constructor(base) {
    this.page = Math.random().toString(36).slice(2); // what this page calls itself
    this.base = base || window.location.origin + new URL(".", document.baseURI).pathname.replace(/\/$/, "");
  }

  /**
   * {id} or {sentence} of what was wrong with the spec.
   *
   * @param {Spec} spec
   * @returns {Promise<{ id: string, sentence?: undefined } | { id?: undefined, sentence: string }>}
   */
  async start(spec) {
    const answer = await fetch(`${this.base}/api/runs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(spec),
    });
    // the head is here before the body is
    if (answer.ok) return { id: /** @type {string} */ (answer.headers.get("Location")?.split("/").at(-1)) };
    const body = await answer.json().catch(() => ({}));
    return { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /**
   * `spec` as a protocol races it: {spec}, or {detail} of what was wrong; `report({done, total})` is told how far its
   * grid is.
   *
   * @param {Spec} spec
   * @param {Protocol} protocol
   * @param {AbortSignal} signal
   * @param {(share: Raced) => void} report
   * @returns {Promise<Raced>}
   */
  async race(spec, protocol, signal, report) {
    const answer = await fetch(`${this.base}/api/races`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ spec, protocol }),
      signal,
    });
    if (!answer.ok) return answer.json();
    const reader = /** @type {ReadableStream<BufferSource>} */ (answer.body)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let rest = "";
    /** @type {Raced} */
    let last = {};
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last.total ? { detail: `${answer.status}` } : last;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if ((last = JSON.parse(line)).total) report(last);
    }
  }

  /**
   * The run, or null when the server does not know it.
   *
   * @param {string} id
   * @returns {Promise<Run | null>}
   */
  async run(id) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}`);
    return answer.ok ? answer.json() : null;
  }

  /**
   * The runs that the server keeps, newest first.
   *
   * @returns {Promise<Run[]>}
   */
  async runs() {
    const answer = await fetch(`${this.base}/api/runs`);
    return answer.ok ? answer.json() : [];
  }

  /**
   * Theory's curves over the run so far, or null when the server does not know it.
   *
   * @param {string} id
   * @param {string} query
   * @param {AbortSignal} signal
   * @returns {Promise<Prediction[] | null>}
   */
  async predictions(id, query, signal) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/predictions?${query}`, { signal });
    return answer.ok ? answer.json() : null;
  }

  /**
   * Deletes a run unless anybody but this viewer watches it.
   *
   * @param {string} id
   * @param {string} viewer
   */
  drop(id, viewer) {
    return fetch(`${this.base}/api/runs/${encodeURIComponent(id)}?viewer=${viewer}`, {
      method: "DELETE",
      keepalive: true,
    }).catch(() => null); // a lost server has no run to drop
  }

  /** @returns {Promise<string>} */
  async version() {
    const answer = await fetch(`${this.base}/api/health`);
    return answer.ok ? (await answer.json()).version : "";
  }

  /**
   * The sheet {rows, columns, points, theta, jacobian, conditioning, curvature}, row by row.
   *
   * @param {string} id
   * @returns {Promise<Surface | null>}
   */
  async stage(id) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/stage`);
    if (!answer.ok) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const table = window.Arrow.tableFromIPC(bytes);
    const flat = (/** @type {string} */ name) => table.getChild(name).data[0].children[0].values;
    const [points, theta, jacobian] = ["point", "theta", "jacobian"].map(flat);
    const curvature = Float64Array.from(
      table.getChild("curvature"),
      (/** @type {number | null} */ value) => value ?? NaN,
    );
    return {
      ...metadata(bytes, "stage"),
      points,
      theta,
      jacobian,
      conditioning: Array.from(table.getChild("conditioning").toArray()),
      curvature,
    };
  }

  /**
   * The layers of a lane's network at a frame, or {sentence} of why there are none.
   *
   * @param {string} id
   * @param {number} lane
   * @param {number} frame
   * @returns {Promise<Layers | Refusal>}
   */
  layers(id, lane, frame) {
    return this.asked(`runs/${id}/layers?lane=${lane}&frame=${frame}`);
  }

  /**
   * Outputs and losses over a box of one or two parameters, or {sentence} of why there are none.
   *
   * @param {string} id
   * @param {number[]} low
   * @param {number[]} high
   * @param {AbortSignal} [signal]
   * @returns {Promise<Ground | Refusal>}
   */
  ground(id, low, high, signal) {
    return this.asked(`runs/${id}/ground?low=${low.join("_")}&high=${high.join("_")}`, signal);
  }

  /**
   * What the networks of lanes are, over inputs around the samples, at a frame; or {sentence} of why that cannot be
   * drawn.
   *
   * @param {string} id
   * @param {number[]} lanes
   * @param {number} frame
   * @param {AbortSignal} [signal]
   * @returns {Promise<Functions | Refusal>}
   */
  function(id, lanes, frame, signal) {
    return this.asked(`runs/${id}/function?lanes=${lanes.join("_")}&frame=${frame}`, signal);
  }

  /**
   * What the server answers, or {sentence}; nobody waits for it once `signal` is given.
   *
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  async asked(path, signal) {
    const answer = await fetch(`${this.base}/api/${path}`, { signal }).catch(() => null);
    if (!answer) return { sentence: "…" }; // given up, or no server
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /**
   * What an assembly of modules promises beside what it does, or {sentence} of what was wrong with it.
   *
   * @param {Assembly} assembly
   * @returns {Promise<Composed | Refusal>}
   */
  async compose(assembly) {
    const answer = await fetch(`${this.base}/api/compositions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(assembly),
    });
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /**
   * The plane of losses through a lane's θ at a frame, or {sentence} of why there is none.
   *
   * @param {string} id
   * @param {number} lane
   * @param {number} frame
   * @returns {Promise<Slice | Refusal>}
   */
  async slice(id, lane, frame) {
    const answer = await fetch(`${this.base}/api/runs/${encodeURIComponent(id)}/slice?lane=${lane}&frame=${frame}`);
    const body = await answer.json().catch(() => ({}));
    return answer.ok
      ? { ...body, loss: body.loss.map((/** @type {number | null} */ loss) => loss ?? NaN) }
      : { sentence: body.detail ?? `${answer.status} ${answer.statusText}` };
  }

  /**
   * The address of a run's stream from a row on: with a `pace` at that, else as fast as rows are there.
   *
   * @param {string} id
   * @param {number} offset
   * @param {string} viewer
   * @param {{ speed: number, paused: boolean } | null} pace
   */
  stream(id, offset, viewer, pace) {
    const address = `${this.base.replace(/^http/, "ws")}/api/runs/${encodeURIComponent(id)}/stream`;
    const rate = pace ? `&speed=${pace.speed}${pace.paused ? "&paused=1" : ""}` : "";
    return `${address}?offset=${offset}&viewer=${viewer}${rate}`;
  }
}
