// Figures for people: what the window asks, and what is handed out as files. Tables and reports name no patient; a table
// of images that does was asked for, and that stands in the trail before it leaves.
import { documentAskedShape } from '#contract/shapes/statistics.ts';
import type { DocumentAsked, StatisticsSetting } from '#contract/shapes/statistics.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import {
  openStatistics,
  tableNames,
  tableOf,
  tableOfImages,
  toCsv,
  writeReport,
  type StatisticsRoom,
} from '#station/statistics/index.ts';
import { deviceAt } from './device-decisions.ts';

export type StatisticsDocument = { readonly type: string; readonly fileName: string; readonly bytes: Uint8Array };

export type StatisticsFlow = {
  readonly desk: Pick<StatisticsRoom, 'read' | 'images'>;
  /**
   * A table ('groups.csv', ...) or the report ('report.pdf') by the words of its address.
   * @throws Problem 'not-found' for another name, 'input-invalid' for a word that means nothing
   */
  document(name: string, query: URLSearchParams): Promise<StatisticsDocument>;
};

/** More rows are in no table of images; the newest are. */
const mostImages = 20_000;

export function openStatisticsFlow(parts: {
  readonly book: Book;
  readonly clock: Clock;
  readonly settings: () => Settings;
  readonly audit: Pick<Audit, 'append'>;
  readonly by: () => string;
}): StatisticsFlow {
  const { book, clock, settings, audit, by } = parts;
  const own = (): StatisticsSetting => settings().statistics;
  const room = openStatistics({
    ...{ book, clock, settings: own },
    deviceAt: (aeTitle, address) => deviceAt(settings(), aeTitle, address),
  });

  const imagesTable = ({ patients, ...asked }: DocumentAsked): ReturnType<typeof tableOfImages> => {
    const { images } = room.images({ ...asked, limit: mostImages, offset: 0 });
    if (!patients) return tableOfImages(images, false);
    const whole = images.map((image) => ({ ...image, ...patientOf(book, image.objectId) }));
    audit.append({ by: by(), action: 'patients-exported', params: { images: images.length, ...room.spanOf(asked) } });
    return tableOfImages(whole, true);
  };

  return {
    desk: { read: room.read, images: room.images },

    async document(name, query) {
      const asked = readAsked(query);
      const { firstDay, lastDay } = room.spanOf(asked);
      const fileName = `safelight-${name.replace('.', `-${firstDay}-${lastDay}.`)}`;
      if (name === 'report.pdf') {
        const { name: station, institution } = settings().station;
        const bytes = await writeReport({
          figures: await room.read({ ...asked, unit: asked.unit }),
          paper: asked.paper ?? own().paper,
          station: { name: station, institution },
          madeAt: new Date(clock.epochMs()),
        });
        return { type: 'application/pdf', fileName, bytes };
      }
      const table = tableNames.find((one) => `${one}.csv` === name);
      if (table === undefined) throw new Problem('not-found', { what: 'table' });
      const rows = table === 'images' ? imagesTable(asked) : tableOf(table, await room.read(asked));
      const bytes = Buffer.from(toCsv(rows, asked.mark ?? own().byteOrderMark));
      return { type: 'text/csv; charset=utf-8; header=present', fileName, bytes };
    },
  };
}

function readAsked(query: URLSearchParams): DocumentAsked {
  const read = documentAskedShape.safeParse(Object.fromEntries(query));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join('.') : 'query');
  throw new Problem('input-invalid', { field, expected: issue?.message ?? 'what the description of this path says' });
}

/** As the exam says now, corrections counted. */
function patientOf(book: Book, objectId: string): { readonly PatientID: string; readonly PatientName: string } {
  const row = book
    .sql<{ PatientID: string | null; PatientName: string | null }>(
      `SELECT coalesce(json_extract(corrected, '$.PatientID'), patient.PatientID) AS PatientID,
         coalesce(json_extract(corrected, '$.PatientName'), patient.PatientName) AS PatientName
       FROM object JOIN exam ON exam.id = object.examId JOIN patient ON patient.id = object.patientId
       WHERE object.id = ? || ''`,
    )
    .get(objectId);
  return { PatientID: row?.PatientID ?? '', PatientName: row?.PatientName ?? '' };
}
