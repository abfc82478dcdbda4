// The stream of one run: decodes what comes, acknowledges what was drawn, reconnects where it stopped.

import { later } from "./later.mjs";

/** @import { Batch, LaneState, Meta, ToldTune } from "../types.d.ts" */

/** @typedef {"open" | "lost" | "gone" | "refused"} Link */
/**
 * What is called with what comes.
 *
 * @typedef {object} Hearer
 * @property {(meta: Meta, columns: string[]) => void} schema
 * @property {(batches: Batch[]) => void} rows
 * @property {(message: { run: string, state: "running" | "paused" | "ended", speed: number }) => void} state
 * @property {(message: { lanes: LaneState[] }) => void} ended
 * @property {(message: { until: number }) => void} thinned
 * @property {(message: { tunes: ToldTune[] }) => void} tunes
 * @property {(message: { message: string }) => void} error
 * @property {(link: Link) => void} link
 */

const ACK_EVERY = 125; // ms: at most 8 a second
const LONGEST_WAIT = 8000;
const ALONE = 30; // ms for which a head waits for the rows behind it
/** @type {Record<number, "gone" | "refused">} */
const FINAL = { 4404: "gone", 4403: "refused" }; // close codes after which trying again is of no use
const { Arrow } = window;

/**
 * Batches in `message`, which is Arrow record batches behind the `schema` message.
 *
 * @param {Uint8Array} schema
 * @param {Uint8Array} message
 * @returns {Batch[]}
 */
export function decode(schema, message) {
  const bytes = new Uint8Array(schema.length + message.length);
  bytes.set(schema);
  bytes.set(message, schema.length);
  return Arrow.tableFromIPC(bytes).batches.map((/** @type {any} */ batch) => {
    const status = batch.getChild("status");
    /** @type {Batch} */
    const decoded = { count: batch.numRows, scalars: {}, lists: {}, status: (index) => status.get(index) };
    for (const [name, vector] of batch.schema.fields.flatMap((/** @type {any} */ each) => leaves(batch, each))) {
      if (vector.type.children?.length) decoded.lists[name] = lists(vector);
      else if (name !== "status") decoded.scalars[name] = numbers(vector);
    }
    return decoded;
  });
}

/**
 * The columns in a field by name, `evaluations.f` for one inside a struct.
 *
 * @param {any} parent
 * @param {any} field
 * @param {string} [prefix]
 * @returns {[string, any][]}
 */
function leaves(parent, { name, type }, prefix = "") {
  const vector = parent.getChild(name);
  if (type.typeId !== Arrow.Type.Struct) return [[prefix + name, vector]];
  return type.children.flatMap((/** @type {any} */ each) => leaves(vector, each, `${prefix}${name}.`));
}

/**
 * The JSON under `key` in a schema's metadata.
 *
 * @param {Uint8Array} bytes
 * @param {string} key
 */
export function metadata(bytes, key) {
  return JSON.parse(Arrow.tableFromIPC(bytes).schema.metadata.get(key));
}

/**
 * The names of a schema's columns, `evaluations.f` for one inside a struct.
 *
 * @param {Uint8Array} bytes
 */
function columnsOf(bytes) {
  const named = (/** @type {any} */ { name, type }, prefix = "") =>
    type.typeId === Arrow.Type.Struct
      ? type.children.flatMap((/** @type {any} */ each) => named(each, `${prefix}${name}.`))
      : [prefix + name];
  return Arrow.tableFromIPC(bytes).schema.fields.flatMap((/** @type {any} */ each) => named(each));
}

/**
 * @param {any} vector
 * @returns {ArrayLike<number>}
 */
function numbers(vector) {
  if (!vector.nullCount && !vector.type.toString().startsWith("Int64")) return vector.toArray();
  return Float64Array.from(vector, (value) => (value === null ? NaN : Number(value)));
}

/**
 * @param {any} vector
 * @returns {(index: number) => ArrayLike<number> | null}
 */
function lists(vector) {
  return (index) => vector?.get(index)?.toArray() ?? null;
}

export class Wire {
  /**
   * `address(offset)` is the socket's URL; `on` has schema, rows, state, ended, error, link("open" | "lost" | "gone" |
   * "refused"); `offset()` is where to resume.
   *
   * @param {(offset: number) => string} address
   * @param {() => number} offset
   * @param {Hearer} on
   */
  constructor(address, offset, on) {
    this.address = address;
    this.offset = offset;
    this.on = on;
    this.tries = 0;
    this.acknowledged = -1;
    this.lastAck = 0;
    this.closed = false;
    /** @type {WebSocket} */
    this.socket = later;
    /** @type {number | undefined} */
    this.head = undefined; // the timer of the head that waits for its rows
    /** @type {number | undefined} */
    this.timer = undefined; // of the next try
    /** @type {Uint8Array | undefined} */
    this.schema = undefined;
    this.connect();
  }

  connect() {
    clearTimeout(this.head);
    this.schema = this.head = undefined;
    this.acknowledged = -1;
    this.socket = new WebSocket(this.address(this.offset()));
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.on.link("open");
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = (event) => this.lost(event.code);
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    this.tries = 0;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      this.begin();
      this.on[/** @type {Exclude<keyof Hearer, "schema" | "rows" | "link">} */ (message.type)]?.(message);
    } else if (!this.schema) {
      this.schema = new Uint8Array(data);
      this.head = setTimeout(() => this.begin(), ALONE);
    } else {
      const batches = decode(this.schema, new Uint8Array(data));
      this.begin();
      this.on.rows(batches);
    }
  }

  /** Tells of the head, once: with the first rows, which most often follow at once, so that both are drawn as one. */
  begin() {
    clearTimeout(this.head);
    if (this.head && this.schema) this.on.schema(metadata(this.schema, "flowscope"), columnsOf(this.schema));
    this.head = undefined;
  }

  /** @param {number} code */
  lost(code) {
    if (this.closed) return;
    if (FINAL[code]) {
      this.close();
      this.on.link(FINAL[code]);
      return;
    }
    this.on.link("lost");
    const wait = Math.min(LONGEST_WAIT, 250 * 2 ** this.tries) * (0.5 + Math.random());
    this.tries += 1;
    this.timer = setTimeout(() => this.connect(), wait);
  }

  /** @param {object} message */
  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /**
   * Says that rows before `offset` are drawn; coalesced.
   *
   * @param {number} offset
   * @param {number} now
   */
  acknowledge(offset, now) {
    if (offset === this.acknowledged || now - this.lastAck < ACK_EVERY || this.socket.readyState !== WebSocket.OPEN)
      return;
    this.acknowledged = offset;
    this.lastAck = now;
    this.send({ type: "ack", offset });
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.head);
    this.socket.close();
  }
}
