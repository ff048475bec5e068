// The rules applied: what is known of an exam is gathered from the book, and the rules of now decide where it goes.
//
// Reads only. Called inside the transaction of an approval its answer is part of that transaction. What is asked of an
// exam is read from the first image of each series, so that it costs the same for 20 images and for 2,000.
import { priorities } from '#contract/shapes/couriers.ts';
import type { RoutePreview } from '#contract/shapes/routes.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { ExamRoute } from '#station/4-review/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import { deviceAt } from './device-decisions.ts';
import { decideRoute, localMoment, type RouteDecision, type RouteFacts, type RouteQuestion } from './routes.ts';

export type RoutingParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly settings: () => Settings;
  /** Of the destinations that the outbox knows, in their order. */
  readonly destinations: () => RouteQuestion['destinations'];
  readonly departmentOf: (aeTitle: string, address: string | null) => string | undefined;
  /** As the outbox counts it. */
  readonly priorityOf: (examId: string) => 0 | 1 | 2 | 3;
};

/** What a destination is known to take; undefined when nobody knows. */
export type Accepts = (
  destinationId: string,
  sopClassUid: string,
  transferSyntaxUid: string,
) => 'yes' | 'class' | 'syntax' | undefined;

export type Routing = {
  /** Where an exam goes by the rules of now. */
  decide(examId: string): RouteDecision;
  /** The kinds of objects of an exam that an approval would send, each once. */
  kindsThatLeave(examId: string): readonly {
    readonly sopClassUid: string;
    readonly transferSyntaxUid: string;
    readonly objects: number;
  }[];
  /** Where the last exams would go by rules that are not saved. */
  preview(asked: Pick<RouteQuestion, 'routes' | 'destinations'> & { readonly limit: number }): RoutePreview;
};

export function openRouting(parts: RoutingParts): Routing {
  const { book, clock, settings } = parts;
  const factsOf = (examId: string): RouteFacts => gather(parts, examId);
  return {
    decide: (examId) => {
      const { routes } = settings();
      return decideRoute({
        routes,
        facts: routes.length === 0 ? noFacts(clock) : factsOf(examId),
        destinations: parts.destinations(),
        before: destinationsBefore(book, examId),
      });
    },
    kindsThatLeave: (examId) =>
      book
        .sql<{ sopClassUid: string; transferSyntaxUid: string; objects: number }>(
          `SELECT SOPClassUID AS sopClassUid, TransferSyntaxUID AS transferSyntaxUid, count(*) AS objects FROM object
           WHERE examId = ? AND state = 'received' GROUP BY SOPClassUID, TransferSyntaxUID ORDER BY SOPClassUID`,
        )
        .all(examId),
    preview: ({ routes, destinations, limit }) =>
      book
        .sql<ExamLine>(
          `SELECT exam.id, exam.received, exam.corrected, exam.modalities, exam.StudyDate, source.label
           FROM exam JOIN source ON source.id = exam.sourceId ORDER BY lastArrivedAt DESC, exam.id LIMIT ?`,
        )
        .all(limit)
        .map((exam) => {
          const leaves = { ...textsOf(exam.received), ...textsOf(exam.corrected) };
          return {
            examId: exam.id,
            PatientName: leaves['PatientName'] ?? '',
            PatientID: leaves['PatientID'] ?? '',
            StudyDate: exam.StudyDate,
            modalities: JSON.parse(exam.modalities) as string[],
            source: exam.label,
            ways: [...decideRoute({ routes, destinations, facts: factsOf(exam.id), before: [] }).ways],
          };
        }),
  };
}

type ExamLine = {
  readonly id: string;
  readonly received: string;
  readonly corrected: string;
  readonly modalities: string;
  readonly StudyDate: string;
  readonly label: string;
};

const textsOf = (json: string) => JSON.parse(json) as Readonly<Partial<Record<string, string>>>;

const noFacts = (clock: Clock): RouteFacts => ({
  ...{ devices: [], sources: [], modalities: [], departments: [], bodyParts: [], priority: 'routine' },
  moment: localMoment(clock.epochMs()),
});

function gather(parts: RoutingParts, examId: string): RouteFacts {
  const { book, clock } = parts;
  const settings = parts.settings();
  const sources = book
    .sql<{ kind: 'dicom' | 'file' | 'picture'; label: string; address: string | null }>(
      `SELECT kind, label, address FROM source
       WHERE id IN (SELECT DISTINCT sourceId FROM object WHERE examId = ? AND state <> 'rejected') ORDER BY id`,
    )
    .all(examId);
  const series = book
    .sql<{ Modality: string; bodyPart: string | null; department: string | null }>(
      `SELECT series.Modality, json_extract(object.header, '$.BodyPartExamined') AS bodyPart,
         json_extract(object.header, '$.InstitutionalDepartmentName') AS department
       FROM series JOIN object ON object.id =
         (SELECT id FROM object AS one WHERE one.examId = series.examId AND one.seriesId = series.id
            AND one.state <> 'rejected' LIMIT 1)
       WHERE series.examId = ? || '' ORDER BY series.id`,
    )
    .all(examId);
  const fromDevices = sources.filter(({ kind }) => kind === 'dicom');
  const listed = fromDevices.map(({ label, address }) => deviceAt(settings, label, address));
  const exam = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId);
  const corrected = textsOf(exam?.corrected ?? '{}')['InstitutionalDepartmentName'];
  const filledIn = fromDevices.map(({ label, address }) => parts.departmentOf(label, address));
  const departments: readonly (string | null | undefined)[] = series.some(({ department }) => !department)
    ? [...series.map(({ department }) => department), ...filledIn]
    : series.map(({ department }) => department);
  return {
    devices: said([...fromDevices.map(({ label }) => label), ...listed.flatMap((one) => [one?.name, one?.id])]),
    sources: [...new Set(sources.map(({ kind }) => kind))],
    modalities: said(series.map(({ Modality }) => Modality)),
    departments: corrected === undefined ? said(departments) : said([corrected]),
    bodyParts: said(series.map(({ bodyPart }) => bodyPart)),
    priority: priorities[parts.priorityOf(examId)],
    moment: localMoment(clock.epochMs()),
  };
}

const said = (texts: readonly (string | null | undefined)[]): string[] => [
  ...new Set(texts.filter((text): text is string => text !== null && text !== undefined && text !== '')),
];

/** What a person took back, or sent elsewhere, does not bind; what is there or on its way does. */
function destinationsBefore(book: Book, examId: string): RouteQuestion['before'] {
  return book
    .sql<{ id: string; required: number }>(
      `SELECT destinationId AS id, max(required) AS required FROM delivery
       WHERE examId = ? AND state <> 'cancelled' GROUP BY destinationId ORDER BY destinationId`,
    )
    .all(examId)
    .map(({ id, required }) => ({ id, required: required === 1 }));
}

/** What an approval is told of it. `status` is that of the destinations. */
export function routeOf(
  routing: Routing,
  status: readonly { readonly id: string; readonly state: string }[],
  examId: string,
  accepts?: Accepts,
): ExamRoute {
  const { ways, missing } = routing.decide(examId);
  const refuses = (id: string) => {
    const kinds = accepts ? routing.kindsThatLeave(examId) : [];
    return kinds
      .filter(({ sopClassUid, transferSyntaxUid }) => accepts?.(id, sopClassUid, transferSyntaxUid) === 'class')
      .map(({ sopClassUid, objects }) => ({ sopClassUid, objects }));
  };
  const answering = new Set(status.filter(({ state }) => state === 'well').map(({ id }) => id));
  return {
    to: ways
      .filter(({ goes }) => goes)
      .map(({ id, name, required, because }) => ({
        ...{ id, name, required, because, answers: answering.has(id), refuses: refuses(id) },
      })),
    notTo: ways.filter(({ goes }) => !goes).map(({ id, name, because }) => ({ id, name, because })),
    destinations: ways.length,
    missing,
  };
}
