// A window's contents: a page of Chromium, its preload, and the requests it makes.
import { EventEmitter } from 'node:events';
import { readFile } from 'node:fs/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Browser, CDPSession, Page, Route } from 'playwright';
import type { WebPreferences } from 'electron';
import { decode, encode, pageWorld, preloadWorld } from './page-worlds.ts';
import { StandInPort } from './ports.ts';
import { schemes, toApp, toWeb } from './schemes.ts';
import { StandInSession } from './session.ts';

type FromPage =
  | { readonly kind: 'message'; readonly name: string; readonly data: unknown; readonly ports: readonly string[] }
  | { readonly kind: 'port'; readonly id: string; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly id: string };

type OnOpen = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };

export const ipcMain = new EventEmitter();

export class StandInContents extends EventEmitter {
  readonly session = StandInSession.defaultSession;
  readonly ready: Promise<void>;
  readonly #channel = `stand-in-${crypto.randomUUID()}`;
  readonly #ports = new Map<string, MessagePort>();
  #page: Page | undefined;
  #cdp: CDPSession | undefined;
  #world: number | undefined;
  #onOpen: OnOpen = () => ({ action: 'allow' });

  constructor(browser: Promise<Browser>, preferences: WebPreferences) {
    super();
    this.ready = browser.then((opened) => this.#open(opened, preferences));
  }

  setWindowOpenHandler(handler: OnOpen): void {
    this.#onOpen = handler;
  }

  async load(address: string): Promise<void> {
    await this.ready;
    await this.#page?.goto(toWeb(address));
    this.emit('did-finish-load');
  }

  async close(): Promise<void> {
    await this.ready;
    await this.#page?.context().close();
  }

  async #open(browser: Browser, preferences: WebPreferences): Promise<void> {
    if (
      preferences.sandbox !== true ||
      preferences.contextIsolation !== true ||
      preferences.nodeIntegration !== false
    ) {
      throw new Error('stand-in: a window must say sandbox, contextIsolation and no nodeIntegration');
    }
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    this.#page = page;
    await page.route('**/*', (route) => this.#answer(route, page));
    // Whatever is not this page, such as one that it opened, gets nothing.
    await context.route('**/*', (route) => route.abort('accessdenied'));
    context.on('page', (other) => {
      const { action } = this.#onOpen({ url: toApp(other.url()) });
      if (action === 'deny') void other.close();
    });
    this.#cdp = await context.newCDPSession(page);
    await this.#joinWorlds(this.#cdp, process.env['STAND_IN_PRELOAD'] ?? preferences.preload);
  }

  async #joinWorlds(cdp: CDPSession, preload: string | undefined): Promise<void> {
    const channel = this.#channel;
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === channel) this.#world = context.id;
    });
    cdp.on('Runtime.bindingCalled', (event) => {
      if (event.executionContextId === this.#world) this.#hear(decode(event.payload) as FromPage);
    });
    cdp.on('Runtime.exceptionThrown', ({ exceptionDetails }) => {
      process.stderr.write(`stand-in: page: ${exceptionDetails.exception?.description ?? exceptionDetails.text}\n`);
    });
    cdp.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId === undefined) for (const id of this.#ports.keys()) this.#hear({ kind: 'port-closed', id });
    });
    await cdp.send('Runtime.enable');
    await cdp.send('Page.enable');
    await cdp.send('Runtime.addBinding', { name: '__standInSend', executionContextName: channel });
    const name = JSON.stringify(channel);
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${pageWorld})(${name})` });
    if (preload === undefined) return;
    const code = await readFile(preload, 'utf8');
    if (/^\s*(import|export)\s/m.test(code)) throw new Error('stand-in: a sandboxed preload must be CommonJS');
    const wrapped = `(${preloadWorld})(${name}, function (require, module, exports) {${code}\n})`;
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: wrapped, worldName: channel });
  }

  async #answer(route: Route, page: Page): Promise<void> {
    const asked = route.request();
    const url = toApp(asked.url());
    if (asked.isNavigationRequest() && asked.frame() === page.mainFrame() && page.url() !== 'about:blank') {
      const event = { url, defaultPrevented: false, preventDefault: () => void (event.defaultPrevented = true) };
      this.emit('will-navigate', event);
      if (event.defaultPrevented) return route.abort('aborted');
    }
    const handler = schemes.get(new URL(url).protocol.slice(0, -1));
    if (!handler) return route.abort('failed');
    const body = asked.postDataBuffer();
    const init = { method: asked.method(), headers: await asked.allHeaders() };
    const response = await handler(new Request(url, body ? { ...init, body: new Uint8Array(body) } : init));
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  }

  #hear(message: FromPage): void {
    if (message.kind === 'message') {
      const url = toApp(this.#page?.url() ?? '');
      const ports = message.ports.map((id) => this.#addPort(id));
      ipcMain.emit(message.name, { sender: this, senderFrame: { url, parent: null }, ports }, message.data);
    } else if (message.kind === 'port') this.#ports.get(message.id)?.postMessage(message.data);
    else {
      this.#ports.get(message.id)?.close();
      this.#ports.delete(message.id);
    }
  }

  /** A port of the page, as this process has it. */
  #addPort(id: string): StandInPort {
    const { port1, port2 } = new MessageChannel();
    this.#ports.set(id, port1);
    port1.on('message', (data: unknown) => void this.#tell({ kind: 'port', id, data }));
    port1.once('close', () => void this.#tell({ kind: 'port-closed', id }));
    return new StandInPort(port2);
  }

  async #tell(message: FromPage): Promise<void> {
    const expression = `globalThis.__standInReceive?.(${JSON.stringify(encode(message))})`;
    await this.#cdp?.send('Runtime.evaluate', { contextId: this.#world, expression }).catch(() => undefined);
  }
}
