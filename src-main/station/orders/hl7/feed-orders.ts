// Orders of a feed on their way into the order book: which of them is meant by its numbers, and whether what is said is
// newer than what is known. Joins the transaction of the caller.
import type { OrderContent } from '#contract/shapes/order.ts';
import type { Book } from '#station/records/index.ts';
import type { KeptOrder, SaidOrder } from '../order-book.ts';
import type { OrderSaid } from './orders-of-message.ts';
import type { PatientKey, Speech } from './patients.ts';

type Known = {
  readonly sourceKey: string;
  readonly placer: string;
  readonly filler: string;
  readonly spokenAt: string;
  readonly isWhole: number;
};

export type OrderPorts = {
  readonly book: Book;
  readonly orders: {
    keep(said: SaidOrder): KeptOrder;
    cancel(sourceId: string, sourceKey: string): boolean;
    change(orderId: string, changes: Partial<OrderContent>): boolean;
  };
};

/** 'older': a newer word is known, and this one changes nothing that it says. */
export function keepOrderSaid(ports: OrderPorts, said: OrderSaid, { feedId, spokenAt }: Speech): 'kept' | 'older' {
  const { book, orders } = ports;
  const known = findKnown(book, feedId, said);
  const isOlder = known !== undefined && spokenAt < known.spokenAt;
  // A cancellation that came first knew nothing of what it cancelled: what is said later of that is still news.
  const completes = isOlder && known.isWhole === 0 && said.isWhole;
  if (isOlder && !completes) return 'older';
  const sourceKey = known?.sourceKey ?? keyOf(said);
  remember(book, feedId, sourceKey, said, known, isOlder ? known.spokenAt : spokenAt);
  if (!said.isWhole && known?.isWhole === 1 && isOver(said)) {
    if (said.state === 'cancelled') orders.cancel(feedId, sourceKey);
    else reState(ports, feedId, sourceKey, said);
    return 'kept';
  }
  const state = completes ? 'cancelled' : said.state;
  orders.keep({ sourceId: feedId, sourceKind: 'hl7', sourceKey, content: said.content, state });
  return 'kept';
}

const isOver = ({ state }: OrderSaid) => state === 'cancelled' || state === 'done' || state === 'started';

/** Only how it stands is said: what it is stays. */
function reState({ book, orders }: OrderPorts, feedId: string, sourceKey: string, { state, content }: OrderSaid): void {
  const row = book
    .sql<{ content: string }>('SELECT content FROM hospital_order WHERE sourceId = ? AND sourceKey = ?')
    .get(feedId, sourceKey);
  const kept = row ? (JSON.parse(row.content) as OrderContent) : content;
  orders.keep({ sourceId: feedId, sourceKind: 'hl7', sourceKey, content: kept, state });
}

function findKnown(book: Book, feedId: string, { placer, filler, step }: OrderSaid): Known | undefined {
  const by = (column: 'placer' | 'filler', value: string) =>
    value === ''
      ? undefined
      : book
          .sql<Known>(`SELECT * FROM hl7_order WHERE feedId = ? AND ${column} = ? AND ${column} <> '' AND step = ?`)
          .get(feedId, value, step);
  return by('placer', placer) ?? by('filler', filler);
}

const keyOf = ({ placer, filler, step }: OrderSaid): string =>
  `${placer === '' ? `filler ${filler}` : `placer ${placer}`}${step === '' ? '' : ` step ${step}`}`;

function remember(
  book: Book,
  feedId: string,
  sourceKey: string,
  said: OrderSaid,
  known: Known | undefined,
  spokenAt: string,
): void {
  book
    .sql(
      `INSERT INTO hl7_order (feedId, sourceKey, placer, filler, step, spokenAt, isWhole)
       VALUES (:feedId, :sourceKey, :placer, :filler, :step, :spokenAt, :isWhole)
       ON CONFLICT DO UPDATE SET placer = excluded.placer, filler = excluded.filler, spokenAt = excluded.spokenAt,
         isWhole = excluded.isWhole`,
    )
    .run({
      ...{ feedId, sourceKey, spokenAt, step: said.step },
      placer: said.placer || (known?.placer ?? ''),
      filler: said.filler || (known?.filler ?? ''),
      isWhole: said.isWhole || known?.isWhole === 1 ? 1 : 0,
    });
}

export type IdentityChange = PatientKey & Pick<OrderContent, 'PatientName' | 'PatientBirthDate' | 'PatientSex'>;

/** Every order of a patient, whatever its source, says who they are now. `of`: the identifier under which they were ordered. */
export function changePatientOfOrders({ book, orders }: OrderPorts, of: PatientKey, now: IdentityChange): void {
  const rows = book
    .sql<{ id: string; IssuerOfPatientID: string }>(
      'SELECT id, IssuerOfPatientID FROM hospital_order WHERE PatientID = ? LIMIT 1000',
    )
    .all(of.PatientID);
  const { PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex } = now;
  const said = Object.entries({ PatientName, PatientBirthDate, PatientSex }).filter(([, value]) => value !== '');
  for (const row of rows) {
    if (row.IssuerOfPatientID !== of.IssuerOfPatientID) continue;
    orders.change(row.id, { PatientID, IssuerOfPatientID, ...Object.fromEntries(said) });
  }
}
