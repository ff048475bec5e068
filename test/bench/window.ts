// npm run bench:window [-- scroll start load picture viewing]: how the window feels in Chromium without a GPU. Figures are printed
// beside their goals; nothing is judged. BENCH_SECONDS (12), BENCH_PICTURES (6) and BENCH_EXAMS (5000) set how much it looks at.
import type { Kind } from './data-sets.ts';
import { computedRadiography, writeDataSet } from './data-sets.ts';
import { removeFolder, startStation, temporaryFolder } from './processes.ts';
import { openWindow, untilListed } from './window/browser.ts';
import { measureBundle } from './window/bundle.ts';
import { printFigures } from './window/figures.ts';
import { measurePictures } from './window/pictures.ts';
import { measureScrolling } from './window/scrolling.ts';
import { measureStarting } from './window/starting.ts';
import { measureViewing } from './window/viewing.ts';
import { measureUnderLoad } from './window/under-load.ts';

const small: Kind = { ...computedRadiography, name: 'SC', modality: 'OT', rows: 16, columns: 16 };
const words = process.argv.slice(2);
const exams = Number(process.env['BENCH_EXAMS'] ?? 5_000);
const few = exams * 0.4;
const isWanted = (name: string) => words.length === 0 || words.includes(name);

const folder = await temporaryFolder();
const station = await startStation({ station: { quietTimeSeconds: 5, dicomHost: '127.0.0.1' } }, 'window/loop-lag.ts');
try {
  const importFolder = (name: string) => station.ask('POST', '/imports', { paths: [`${folder}/${name}`], wait: true });
  await writeDataSet(`${folder}/few`, small, few, 1);
  await importFolder('few');
  if (isWanted('scroll')) {
    const { page, close } = await openWindow(station);
    await untilListed(page, few);
    printFigures('Scrolling', await measureScrolling(page, few));
    await close();
  }
  await writeDataSet(`${folder}/many`, small, exams, 1);
  await importFolder('many');
  const { page, close } = await openWindow(station);
  await untilListed(page, exams);
  if (isWanted('scroll')) printFigures('Scrolling', await measureScrolling(page, exams));
  if (isWanted('start')) {
    printFigures('Starting', [...(await measureStarting(station, exams, 7)), await measureBundle(page)]);
  }
  if (isWanted('load')) {
    printFigures(
      `While 8 associations store CT at full speed into an Inbox of ${exams} exams`,
      await measureUnderLoad(page, station, `${folder}/ct`),
    );
  }
  await close();
  if (isWanted('picture')) {
    const another = await openWindow(station);
    printFigures('Pictures', await measurePictures(another.page, station, `${folder}/large`));
    await another.close();
  }
  if (isWanted('viewing')) {
    const another = await openWindow(station);
    printFigures('Viewing', await measureViewing(another.page, station, `${folder}/viewing`));
    await another.close();
  }
} finally {
  await station.close();
  await removeFolder(folder);
}
