// Reads what came to archives as somebody else does: pydicom, in a process that is started for the first object of a walk and
// ends with it, as its start costs more than what it reads.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { people, type Identity } from './people.ts';

export type ReadObject = {
  readonly uid: string;
  readonly sopClass: string;
  readonly study: string;
  readonly modality: string;
  readonly identity: Identity;
  /** Words of people that occur outside of Original Attributes, and where. */
  readonly said: Readonly<Record<string, string>>;
  readonly references: readonly string[];
  readonly title: string;
  readonly pixelSha256: string;
  readonly notBlack: number;
};

/** Boxes that must be black in it. */
export type Asked = { readonly file: string; readonly black: readonly unknown[] };

export class Reader {
  #child: ChildProcessWithoutNullStreams | undefined;
  #lines: Interface | undefined;
  #told = '';

  /** One answer for each file. One call at a time. @throws what Python said */
  async read(files: readonly Asked[]): Promise<ReadObject[]> {
    if (files.length === 0) return [];
    const child = (this.#child ??= this.#launch());
    const lines = this.#lines;
    if (!lines) throw new Error('nobody reads');
    const answered = new AbortController();
    const ended = once(child, 'close', { signal: answered.signal }).then(
      () => undefined,
      () => undefined,
    );
    const words = people.flatMap(({ word, birth }) => [word, birth]);
    const line = once(lines, 'line', { signal: answered.signal }).then(
      ([text]: string[]) => text,
      () => undefined,
    );
    child.stdin.write(`${JSON.stringify({ words, files })}\n`);
    const text = await Promise.race([line, ended]);
    answered.abort();
    if (text === undefined) throw new Error(this.#told);
    return JSON.parse(text) as ReadObject[];
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'close');
    child.stdin.end();
    await gone;
  }

  #launch(): ChildProcessWithoutNullStreams {
    const child = spawn('/usr/bin/python3', [path.join(import.meta.dirname, 'read-arrived.py')]);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#told += text));
    this.#lines = createInterface({ input: child.stdout });
    return child;
  }
}
