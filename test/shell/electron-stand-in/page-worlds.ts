// The two scripts that play contextBridge and ipcRenderer inside a page. They run in different JavaScript worlds, which
// share a document but no objects; what an event carries from one to the other is cloned, as Electron does.
//
// Everything is text, because it is evaluated in the page. `channel` is a random name that only the two know.

/** Bytes as JSON and back, for the way over CDP. */
export const encode = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => {
    const bytes = asBytes(item);
    return bytes ? { $bytes: Buffer.from(bytes).toString('base64') } : item;
  });

function asBytes(item: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(item)) return new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
  const json = item as { type?: unknown; data?: unknown } | null;
  return json?.type === 'Buffer' && Array.isArray(json.data) ? Uint8Array.from(json.data as number[]) : undefined;
}

export const decode = (text: string): unknown =>
  JSON.parse(text, (_key, item: unknown) => {
    const bytes = (item as { $bytes?: unknown } | null)?.$bytes;
    return typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'base64')) : item;
  });

/** In the page's own world: makes what the preload exposes. */
export const pageWorld = String.raw`(channel) => {
  if (window !== window.top) return;
  const make = (shape) => {
    if (shape.call) return (...args) => {
      let answer;
      const take = (event) => { answer = event.detail; };
      document.addEventListener(channel + 'answer', take, { once: true });
      document.dispatchEvent(new CustomEvent(channel + 'call', { detail: { call: shape.call, args } }));
      document.removeEventListener(channel + 'answer', take);
      if (answer && answer.error) throw new Error(answer.error);
      return answer && answer.value;
    };
    if (!shape.object) return shape.value;
    return Object.freeze(Object.fromEntries(Object.entries(shape.object).map(([key, inner]) => [key, make(inner)])));
  };
  document.addEventListener(channel + 'expose', (event) => {
    Object.defineProperty(window, event.detail.key, { value: make(event.detail.shape), enumerable: true });
  });
}`;

/** In the preload's world: a sandboxed preload may require electron and nothing else. */
export const preloadWorld = String.raw`(channel, preload) => {
  if (window !== window.top) return;
  const toText = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
    return btoa(text);
  };
  const encode = (value) => JSON.stringify(value, (_key, item) =>
    ArrayBuffer.isView(item) ? { $bytes: toText(new Uint8Array(item.buffer, item.byteOffset, item.byteLength)) } : item);
  const decode = (text) => JSON.parse(text, (_key, item) =>
    item && typeof item.$bytes === 'string' ? Uint8Array.from(atob(item.$bytes), (char) => char.charCodeAt(0)) : item);
  const tell = (message) => __standInSend(encode(message));
  const calls = new Map();
  const ports = new Map();
  let last = 0;
  const describe = (value) => {
    if (typeof value === 'function') { calls.set(++last, value); return { call: last }; }
    if (!value || Object.getPrototypeOf(value) !== Object.prototype) return { value };
    return { object: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, describe(inner)])) };
  };
  document.addEventListener(channel + 'call', (event) => {
    let detail;
    try { detail = { value: calls.get(event.detail.call)(...event.detail.args) }; }
    catch (error) { detail = { error: String(error && error.message || error) }; }
    document.dispatchEvent(new CustomEvent(channel + 'answer', { detail }));
  });
  const addPort = (port) => {
    const id = 'port' + (++last);
    ports.set(id, port);
    port.addEventListener('message', (event) => tell({ kind: 'port', id, data: event.data }));
    port.addEventListener('close', () => { ports.delete(id); tell({ kind: 'port-closed', id }); });
    port.start();
    return id;
  };
  globalThis.__standInReceive = (text) => {
    const message = decode(text);
    const port = ports.get(message.id);
    if (!port) return;
    if (message.kind === 'port') port.postMessage(message.data);
    else { ports.delete(message.id); port.close(); }
  };
  const electron = {
    contextBridge: { exposeInMainWorld: (key, api) =>
      document.dispatchEvent(new CustomEvent(channel + 'expose', { detail: { key, shape: describe(api) } })) },
    ipcRenderer: {
      postMessage: (name, data, moved = []) => tell({ kind: 'message', name, data, ports: moved.map(addPort) }),
      send: (name, ...args) => tell({ kind: 'message', name, data: args[0], ports: [] }),
    },
    webUtils: { getPathForFile: () => '' },
  };
  const require = (name) => {
    if (name !== 'electron') throw new Error('a sandboxed preload cannot require ' + name);
    return electron;
  };
  const module = { exports: {} };
  preload(require, module, module.exports);
}`;
