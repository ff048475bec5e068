// What the main thread of the page did, from the browser's own trace: every task with the time that passed and the CPU
// time that it took. On a machine whose cores others use too, only the second says something about the code.
import type { Browser, Page } from 'playwright';

export type Task = { readonly at: number; readonly wallMs: number; readonly cpuMs: number };

export type Traced<T> = {
  readonly value: T;
  /** Tasks of the main thread in order; `at` is in milliseconds of the page's performance.now(). */
  readonly tasks: readonly Task[];
};

type TraceEvent = {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
};

const mark = 'bench-zero';
const isTask = ({ name, ph }: TraceEvent) => ph === 'X' && /^(ThreadControllerImpl::)?RunTask$/.test(name);

/** Traces the main thread of the page while something is done. Throws when the browser gives no CPU times. */
export async function traceMainThread<T>(page: Page, something: () => Promise<T>): Promise<Traced<T>> {
  const browser = page.context().browser() as Browser;
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'blink.user_timing', 'disabled-by-default-devtools.timeline'] },
  });
  const zero = await page.evaluate((name) => performance.mark(name).startTime, mark);
  const value = await something();
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const marked = events.find(({ name }) => name === mark);
  if (!marked) throw new Error('the trace has not the mark');
  const tasks = events
    .filter((event) => isTask(event) && event.pid === marked.pid && event.tid === marked.tid)
    .map(({ ts, dur = 0, tdur = Number.NaN }) => {
      return { at: (ts - marked.ts) / 1000 + zero, wallMs: dur / 1000, cpuMs: tdur / 1000 };
    })
    .filter(({ at }) => at >= zero)
    .sort((a, b) => a.at - b.at);
  if (tasks.every(({ cpuMs }) => Number.isNaN(cpuMs))) throw new Error('the trace has no CPU times');
  return { value, tasks };
}

export const longest = (tasks: readonly Task[], key: 'wallMs' | 'cpuMs'): number =>
  tasks.reduce((most, task) => Math.max(most, Number.isNaN(task[key]) ? 0 : task[key]), 0);
