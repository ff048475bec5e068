// Which changes of the book go to the journal: everything that cannot be read again from the object files or worked out
// anew. A table that nobody named here is kept whole, so that a new one is not forgotten.
//
// They are temporary triggers: they belong to this connection and not to the book.
import type Database from 'better-sqlite3';

/** Worked out anew from objects and deliveries, or of no meaning to a rebuilt book. */
const notKept = new Set([
  ...['exam_count', 'delivery_count', 'series', 'patient', 'attempt', 'commitment', 'commitment_item'],
  ...['journal_mark', 'folder_checked', 'adoption', 'scrub_round'],
  ...['outbox_exam', 'outbox_sum', 'destination_count', 'exam_waiting', 'waiting_bytes', 'outbox_total', 'counting'],
  ...['seen_key_object', 'proved_minute', 'order_source', 'hl7_message', 'prior_study', 'prior_object'],
  ...['image_check', 'image_hint', 'image_fact_mark', 'image_sum'],
]);

/** Of these only what people or the courier decided; the rest is read again from the files. */
const readAgain: Readonly<Record<string, ReadonlySet<string>>> = {
  object: new Set([
    ...['id', 'examId', 'seriesId', 'sourceId', 'patientId', 'SOPClassUID', 'TransferSyntaxUID', 'InstanceNumber'],
    ...['file', 'sizeBytes', 'dataSetOffset', 'dataSetSha256', 'header', 'received', 'arrivedAt', 'receivedKey'],
    ...['characterSet', 'rows', 'columns', 'frames', 'frameTimeMs', 'drawable', 'hasPixelData', 'burnedInAnnotation'],
  ]),
  exam: new Set([
    ...['id', 'StudyInstanceUID', 'patientId', 'sourceId', 'received', 'modalities', 'StudyDate', 'firstArrivedAt'],
    ...['lastArrivedAt', 'completeAt', 'version', 'objects', 'images', 'undecided', 'approved', 'rejected'],
    ...['conflicts', 'openDeliveries', 'thumbnailObjectId', 'searchText', 'emptied'],
  ]),
  destination: new Set(['id', 'state', 'since', 'lastAnswer']),
};
/** Of these only some rows: cards of the hospital, of late images and of references, which nobody here works out again. */
const someRows: Readonly<Record<string, (row: 'NEW' | 'OLD') => string>> = {
  problem: (row) =>
    `${row}.code IN ('order-changed', 'order-cancelled', 'order-changed-after-send', 'study-not-adopted', 'patient-merged',
       'patient-updated', 'patient-changed-after-send', 'late-rearranged', 'late-corrected', 'late-followed',
       'refers-elsewhere', 'private-reference')`,
};
/** Kept when they come; what is counted of them later is not worth a line each time. */
const onceOnly: ReadonlySet<string> = new Set(['source']);

/** What an arrival is kept as: who it was, from whom, when, and what it has to be. */
const arrivalColumns = ['id', 'examId', 'sourceId', 'TransferSyntaxUID', 'dataSetSha256', 'arrivedAt'];
const deliveryColumns = [
  ...['id', 'state', 'attempts', 'answer', 'answerAt', 'sentAt', 'confirmedAt', 'confirmedBy', 'cancelReason'],
];

/** Decided by people: synced before they hear that it is done. */
export const urgentTables: ReadonlySet<string> = new Set([
  ...[
    'correction',
    'applied_order',
    'object_correction',
    'procedure_code',
    'revision',
    'command',
    'rearrangement',
    'uid_map',
  ],
  ...['rejection_note', 'rejected_instance', 'judgement', 'hint_looked_at'],
  ...['exam_note', 'note_object'],
]);

type Column = { readonly name: string; readonly pk: number };

/** SQL of the triggers for the book as it is now; each calls note_change(kind, table, JSON of the row). */
export function journalTriggers(db: Database.Database): string[] {
  const tables = db
    .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all() as string[];
  return tables.filter((table) => !notKept.has(table)).flatMap((table) => triggersOf(db, table));
}

function triggersOf(db: Database.Database, table: string): string[] {
  const columns = db.prepare('SELECT name, pk FROM pragma_table_info(?)').all(table) as Column[];
  const names = columns.map(({ name }) => name);
  const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
  if (key.length === 0) return [];
  const on = (name: string, when: string, note: string) =>
    `CREATE TEMP TRIGGER journal_${table}_${name} AFTER ${when} BEGIN SELECT ${note}; END`;
  const note = (kind: string, row: 'NEW' | 'OLD', of: readonly string[], as = table) =>
    `note_change('${kind}', '${as}', json_object(${of.map((name) => `'${name}', ${row}."${name}"`).join(', ')}))`;

  if (onceOnly.has(table)) return [on('came', `INSERT ON main."${table}"`, note('+', 'NEW', names))];
  const again = readAgain[table];
  if (again) {
    const decided = names.filter((name) => !again.has(name));
    const came =
      table === 'object'
        ? note('+', 'NEW', arrivalColumns, 'arrival')
        : table === 'exam'
          ? null
          : note('+', 'NEW', names);
    return [
      ...(came === null ? [] : [on('came', `INSERT ON main."${table}"`, came)]),
      ...decided.map((name) =>
        on(
          `changed_${name}`,
          `UPDATE OF "${name}" ON main."${table}" WHEN OLD."${name}" IS NOT NEW."${name}"`,
          note('=', 'NEW', [...key, name]),
        ),
      ),
    ];
  }
  const moved =
    table === 'delivery' ? 'UPDATE OF state ON main.delivery WHEN OLD.stage <> NEW.stage' : `UPDATE ON main."${table}"`;
  const some = someRows[table];
  if (some) {
    const when = (row: 'NEW' | 'OLD') => ` WHEN ${some(row)}`;
    return [
      on('came', `INSERT ON main."${table}"${when('NEW')}`, note('+', 'NEW', names)),
      on('changed', `UPDATE ON main."${table}"${when('NEW')}`, note('=', 'NEW', names)),
      on('went', `DELETE ON main."${table}"${when('OLD')}`, note('-', 'OLD', key)),
    ];
  }
  return [
    on('came', `INSERT ON main."${table}"`, note('+', 'NEW', names)),
    on('changed', moved, note('=', 'NEW', table === 'delivery' ? deliveryColumns : names)),
    on('went', `DELETE ON main."${table}"`, note('-', 'OLD', key)),
  ];
}
