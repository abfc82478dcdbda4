// Everything a person chose is in the address: one table of state ↔ query.

const encode = (spec) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(spec)))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const decode = (text) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))));

const TABLE = {
  run: { read: String, write: (run) => run },
  preset: { read: String, write: (preset) => preset },
  spec: { read: decode, write: (spec) => spec && encode(spec) },
  hide: { read: (text) => new Set(text.split("-").map(Number)), write: (hidden) => [...hidden].sort().join("-") },
  theme: { read: String, write: (theme) => theme },
  speed: { read: Number, write: (speed) => (speed === 1 ? "" : String(speed)) },
};

/** The state in the address; what is missing or unreadable is left out. */
export function readAddress(search = window.location.search) {
  const query = new URLSearchParams(search);
  const state = {};
  for (const [name, { read }] of Object.entries(TABLE)) {
    if (!query.has(name)) continue;
    try {
      state[name] = read(query.get(name));
    } catch {
      delete state[name]; // a link cut short in an e-mail still opens the default
    }
  }
  return state;
}

export function writeAddress(state) {
  const query = new URLSearchParams();
  for (const [name, { write }] of Object.entries(TABLE)) {
    const text = state[name] === undefined ? "" : write(state[name]);
    if (text) query.set(name, text);
  }
  const search = query.toString();
  window.history.replaceState(null, "", search ? `?${search}` : window.location.pathname);
}
