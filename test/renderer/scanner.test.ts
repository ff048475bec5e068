// A scanner is told from hands by when keys were pressed, however late a busy window comes to hear of them.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Scanner } from '#ui/commands/index.ts';

type Hear = (event: KeyboardEvent) => void;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A window without a field, and what its keys come to. */
function open() {
  class Field {}
  class Key {
    readonly key: string;
    constructor(_: string, { key }: { readonly key: string }) {
      this.key = key;
    }
  }
  const codes: string[] = [];
  const given: string[] = [];
  let hear: Hear = () => undefined;
  vi.stubGlobal('window', {
    addEventListener: (_: string, listener: Hear) => (hear = listener),
    removeEventListener: () => undefined,
  });
  for (const name of ['HTMLInputElement', 'HTMLTextAreaElement', 'HTMLSelectElement']) vi.stubGlobal(name, Field);
  vi.stubGlobal('KeyboardEvent', Key);
  vi.stubGlobal('document', { activeElement: { dispatchEvent: ({ key }: Key) => given.push(key) } });
  new Scanner({ onScan: (code) => codes.push(code) }).listen();
  const press = (key: string, timeStamp: number) => {
    const own = { key, timeStamp, target: null, preventDefault: () => undefined };
    hear({ ...own, stopImmediatePropagation: () => undefined } as unknown as KeyboardEvent);
  };
  return { press, codes, given };
}

test('keys of a person that waited together in a busy window are no code', async () => {
  const { press, codes, given } = open();
  for (const [n, key] of [...'118843', 'Enter'].entries()) press(key, n * 180);
  await vi.runAllTimersAsync();
  expect(codes).toEqual([]);
  expect(given).toEqual([...'118843']);
});

test('a code is read whole, though the window was busy between its keys', async () => {
  const { press, codes, given } = open();
  const clock = vi.spyOn(performance, 'now');
  for (const [n, key] of [...'118843', 'Enter'].entries()) {
    clock.mockReturnValue(n * 100);
    press(key, n * 5);
  }
  await vi.runAllTimersAsync();
  expect(codes).toEqual(['118843']);
  expect(given).toEqual([]);
  clock.mockRestore();
});

test('keys that wait behind a late timer are heard before what was held back is given on', async () => {
  const { press, codes, given } = open();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  for (const [n, key] of [...'1188'].entries()) press(key, n * 5);
  // The window did nothing for a second: the timer is heard of first.
  clock.mockReturnValue(1000);
  await vi.advanceTimersByTimeAsync(40);
  for (const [n, key] of ['4', '3', 'Enter'].entries()) press(key, 20 + n * 5);
  await vi.runAllTimersAsync();
  expect(codes).toEqual(['118843']);
  expect(given).toEqual([]);
  clock.mockRestore();
});
