// The Inbox scrolled from top to bottom by half a screen a frame, as nobody does and a list must bear.
import type { Page } from 'playwright';
import { most, quantile, type Figure } from './figures.ts';
import { longest, traceMainThread } from './trace.ts';

export async function measureScrolling(page: Page, exams: number): Promise<Figure[]> {
  const { value: frames, tasks } = await traceMainThread(page, () =>
    page.evaluate(async () => {
      const list = document.querySelector('[role="grid"]')?.closest('.scroller') as HTMLElement;
      const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const taken: number[] = [];
      let last = await nextFrame();
      for (let at = 0; at < list.scrollHeight; at += list.clientHeight / 2) {
        list.scrollTop = at;
        const now = await nextFrame();
        taken.push(now - last);
        last = now;
      }
      list.scrollTop = 0;
      return taken;
    }),
  );
  const name = `scroll ${exams} exams`;
  return [
    { what: `${name}: longest task, CPU`, value: longest(tasks, 'cpuMs'), unit: 'ms', goal: 100 },
    { what: `${name}: longest task, wall`, value: longest(tasks, 'wallMs'), unit: 'ms', goal: 100 },
    { what: `${name}: median frame`, value: quantile(frames, 0.5), unit: 'ms', note: `${frames.length} frames` },
    { what: `${name}: longest frame`, value: most(frames), unit: 'ms' },
  ];
}
