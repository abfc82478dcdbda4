// @ts-nocheck
// The stream of one run: decodes what comes, acknowledges what was drawn, reconnects where it stopped.

import { LISTS, OPTIONAL, SCALARS } from "./columns.mjs";

const ACK_EVERY = 125; // ms: at most 8 a second
const LONGEST_WAIT = 8000;
const ALONE = 30; // ms for which a head waits for the rows behind it
const FINAL = { 4404: "gone", 4403: "refused" }; // close codes after which trying again is of no use
const { Arrow } = window;

/** Batches in `message`, which is Arrow record batches behind the `schema` message. */
export function decode(schema, message) {
  const bytes = new Uint8Array(schema.length + message.length);
  bytes.set(schema);
  bytes.set(message, schema.length);
  return Arrow.tableFromIPC(bytes).batches.map((batch) => {
    const status = batch.getChild("status");
    const names = ["lane", ...SCALARS, ...OPTIONAL.filter(([first]) => batch.getChild(first)).flat()];
    return {
      count: batch.numRows,
      scalars: Object.fromEntries(names.map((name) => [name, numbers(child(batch, name))])),
      lists: Object.fromEntries(LISTS.map((name) => [name, lists(batch.getChild(name))])),
      status: (index) => status.get(index),
    };
  });
}

/** A column by name, `evaluations.f` for one inside a struct. */
function child(batch, name) {
  return name.split(".").reduce((vector, part) => vector.getChild(part), batch);
}

/** The JSON under `key` in a schema's metadata. */
export function metadata(bytes, key) {
  return JSON.parse(Arrow.tableFromIPC(bytes).schema.metadata.get(key));
}

function numbers(vector) {
  if (!vector.nullCount && !vector.type.toString().startsWith("Int64")) return vector.toArray();
  return Float64Array.from(vector, (value) => (value === null ? NaN : Number(value)));
}

function lists(vector) {
  return (index) => vector?.get(index)?.toArray() ?? null;
}

export class Wire {
  /**
   * `address(offset)` is the socket's URL; `on` has schema, rows, state, ended, error, link("open" | "lost" | "gone" |
   * "refused"); `offset()` is where to resume.
   */
  constructor(address, offset, on) {
    Object.assign(this, { address, offset, on, tries: 0, acknowledged: -1, lastAck: 0, closed: false });
    this.connect();
  }

  connect() {
    clearTimeout(this.head);
    this.schema = this.head = null;
    this.acknowledged = -1;
    this.socket = new WebSocket(this.address(this.offset()));
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.on.link("open");
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = (event) => this.lost(event.code);
  }

  receive(data) {
    this.tries = 0;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      this.begin();
      this.on[message.type]?.(message);
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
    if (this.head) this.on.schema(metadata(this.schema, "flowscope"));
    this.head = null;
  }

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

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Says that rows before `offset` are drawn; coalesced. */
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
