// Every object of the corpus in the window: how long until its picture, its paper or the reason why there is none stands on
// the screen, and what the station and the window hold when all were looked at. `node test/soak/answers-in-the-window.ts`
// prints one table; ends with 0 when every reason came within a second and nothing ended in an error.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import type { Exam } from '#contract/shapes/exam.ts';
import { startStation, type StartedStation } from '../bench/processes.ts';
import { openWindow } from '../bench/window/browser.ts';
import { quantile } from '../bench/window/figures.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

const mostMs = 1000;
/** Decoders rest for a minute before they go. */
const restMs = 75_000;

type Answer = { readonly kind: string; readonly ms: number };
type Seen = Answer & { readonly what: string };

const residentMiB = ({ pid }: StartedStation) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Goes there, by so many steps of the key or by opening the exam, and waits for what stands in the place of the picture. */
const answerTo = (page: Page, examId: string, objectId: string, steps: number): Promise<Answer> =>
  page.evaluate(
    async ({ exam, object, presses }) => {
      const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const started = performance.now();
      if (presses === 0) {
        history.pushState(null, '', `#/review/${exam}`);
        dispatchEvent(new PopStateEvent('popstate'));
      }
      for (let n = 0; n < presses; n += 1) {
        document.body.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }),
        );
      }
      await nextFrame();
      while (performance.now() - started < 20_000) {
        const place = document.querySelector('[data-viewport]');
        const canvas = place?.querySelector<HTMLCanvasElement>('canvas[data-drawn]');
        const ms = performance.now() - started;
        if (canvas?.dataset['drawn']?.startsWith(`${object}/`)) return { kind: 'picture', ms };
        const words = place?.querySelector('section.paper, [role="status"]:not(.reading)')?.textContent.trim() ?? '';
        if (canvas === null && words !== '') return { kind: words, ms };
        await nextFrame();
      }
      return { kind: 'NOTHING', ms: performance.now() - started };
    },
    { exam: examId, object: objectId, presses: steps },
  );

async function lookAtAll(station: StartedStation, page: Page): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const { exams } = await station.ask<{ exams: readonly { readonly id: string }[] }>(
    'GET',
    '/exams?filter=all&limit=500',
  );
  for (const { id } of exams) {
    const exam = await station.ask<Exam>('GET', `/exams/${id}`);
    await page.evaluate(() => (location.hash = '#/inbox'));
    await page.locator('[data-viewport]').first().waitFor({ state: 'detached' });
    let steps = 0;
    for (const [n, object] of exam.series.flatMap((series) => series.objects).entries()) {
      const what = `${exam.received.StudyDescription || exam.id}, ${n + 1}`;
      const answer = await answerTo(page, id, object.id, steps);
      // Out of a stack of frames one goes over its last one.
      steps = Math.max(1, object.frames);
      seen.push({ ...answer, what });
      if (answer.ms > mostMs) console.log(`${what}: ${Math.round(answer.ms)} ms: ${answer.kind.slice(0, 90)}`);
    }
  }
  return seen;
}
if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent');
else {
  const station = await startStation({ station: { quietTimeSeconds: 5, dicomHost: '127.0.0.1' } });
  try {
    const before = residentMiB(station);
    await station.ask('POST', '/imports', { paths: objects.map(({ file }) => file), wait: true });
    const imported = residentMiB(station);
    const { page, close } = await openWindow(station);
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    const seen = await lookAtAll(station, page);
    const looked = residentMiB(station);
    await close();
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const times = (some: readonly Seen[]) => {
      const all = some.map(({ ms }) => ms);
      return `${some.length} | ${Math.round(quantile(all, 0.5))} | ${Math.round(quantile(all, 0.95))} | ${Math.round(Math.max(0, ...all))}`;
    };
    const drawn = seen.filter(({ kind }) => kind === 'picture');
    const told = seen.filter(({ kind }) => kind !== 'picture');
    console.log('| what stands there | objects | median, ms | 95 %, ms | slowest, ms |\n|---|---|---|---|---|');
    console.log(`| a picture | ${times(drawn)} |\n| a paper or a reason | ${times(told)} |`);
    for (const fault of faults) console.log(`fault: ${fault}`);
    const [first, full, used, rested] = [before, imported, looked, residentMiB(station)].map(Math.round);
    console.log(
      `Resident memory of the station: ${first} MiB at first, ${full} imported, ${used} looked at, ${rested} after a rest.`,
    );
    if (faults.length > 0 || told.some(({ ms }) => ms > mostMs)) process.exitCode = 1;
  } finally {
    await station.close();
  }
}
