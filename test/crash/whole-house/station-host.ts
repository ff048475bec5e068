// The process in which a station of a walk lives. It is used again for the next life, also of another home, and made anew
// only after it was killed: what a start of Node costs is most of what a short walk costs.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { nodeFlags } from '#station/kit/node-flags.ts';
import type { Order, Reply } from './station-child.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const program = path.join(import.meta.dirname, 'station-child.ts');

/** The station said no, with a code of the catalogue. */
export class Refused extends Error {
  readonly code: string;
  readonly params: unknown;

  constructor(code: string, params: unknown) {
    super(`${code} ${JSON.stringify(params)}`);
    this.code = code;
    this.params = params;
  }
}

/** The station went before it answered. */
export class Gone extends Error {}

export type OrderWithoutNumber = Order extends infer T ? (T extends Order ? Omit<T, 'number'> : never) : never;

export class StationHost {
  /** Lines of the log that speak of errors. */
  readonly errors: string[] = [];
  #child: ChildProcess | undefined;
  #number = 0;
  readonly #waiting = new Map<number, (reply: Reply | undefined) => void>();
  #log = '';

  get log(): string {
    return this.#log;
  }

  /** @throws Refused, Gone, and what went wrong otherwise */
  async order(order: OrderWithoutNumber): Promise<unknown> {
    const child = (this.#child ??= this.#launch());
    const number = ++this.#number;
    const replied = new Promise<Reply | undefined>((resolve) => this.#waiting.set(number, resolve));
    child.send({ ...order, number }, () => undefined);
    const reply = await replied;
    if (!reply) throw new Gone('the station went');
    if (reply.problem) throw new Refused(reply.problem.code, reply.problem.params);
    if (reply.failed !== undefined) throw new Error(reply.failed);
    return reply.value;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  #launch(): ChildProcess {
    const child = fork(program, [], {
      ...{ cwd: root, execArgv: nodeFlags, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/stations') },
    });
    let line = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-60_000);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      this.errors.push(...lines.filter((each) => each.includes('"level":"error"') || /^\s+at /.test(each)));
    });
    child.on('message', (reply: Reply) => {
      this.#waiting.get(reply.number)?.(reply);
      this.#waiting.delete(reply.number);
    });
    child.on('exit', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const wake of this.#waiting.values()) wake(undefined);
      this.#waiting.clear();
    });
    return child;
  }
}
