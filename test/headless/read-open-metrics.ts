// A strict reader of OpenMetrics 1.0 text: whatever the specification does not allow is an error that names the line.
export type ReadSample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type ReadFamily = {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: ReadSample[];
};

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  stateset: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  unknown: [''],
};
const familyName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** @throws with the number of the line and what is wrong with it */
export function readOpenMetrics(text: string): ReadFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('does not end with # EOF and a line feed');
  const lines = text.slice(0, -'# EOF\n'.length).split('\n');
  if (lines.pop() !== '') throw new Error('no line feed before # EOF');
  const families: ReadFamily[] = [];
  let meta: string[] = [];
  let open: { -readonly [K in keyof ReadFamily]: ReadFamily[K] } | undefined;
  const wrong = (n: number, what: string) => new Error(`line ${n + 1}: ${what}: ${lines[n]}`);
  for (const [n, line] of lines.entries()) {
    if (line === '') throw wrong(n, 'an empty line');
    if (line.includes('\r')) throw wrong(n, 'a carriage return');
    if (line.startsWith('#')) {
      const found = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line);
      if (!found) throw wrong(n, 'neither TYPE, UNIT nor HELP');
      const [, kind = '', name = '', rest = ''] = found;
      if (!familyName.test(name)) throw wrong(n, 'a name that is none');
      if (open?.name !== name) {
        if (families.some((family) => family.name === name)) throw wrong(n, 'a family that was there before');
        open = { name, type: 'unknown', unit: '', help: '', samples: [] };
        families.push(open);
        meta = [];
      }
      if (meta.includes(kind)) throw wrong(n, `${kind} twice`);
      if (open.samples.length > 0) throw wrong(n, 'metadata behind samples');
      meta.push(kind);
      if (kind === 'TYPE') {
        if (!(rest in suffixes)) throw wrong(n, 'no such type');
        open.type = rest;
      }
      if (kind === 'UNIT') {
        if (!name.endsWith(`_${rest}`)) throw wrong(n, 'the name does not end with its unit');
        open.unit = rest;
      }
      if (kind === 'HELP') open.help = unescape(rest, () => wrong(n, 'an escape that is none'));
      continue;
    }
    if (!open) throw wrong(n, 'a sample without a family');
    const sample = readSample(line, (what) => wrong(n, what));
    const allowed = suffixes[open.type] ?? [];
    if (!allowed.some((suffix) => `${open?.name}${suffix}` === sample.name))
      throw wrong(n, `not a name of a ${open.type}`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    const isTwice = open.samples.some((one) => JSON.stringify([one.name, Object.entries(one.labels).sort()]) === key);
    if (isTwice) throw wrong(n, 'twice the same');
    checkSample(open.type, sample, (what) => wrong(n, what));
    open.samples.push(sample);
  }
  for (const family of families) checkFamily(family);
  return families;
}

function readSample(line: string, wrong: (what: string) => Error): ReadSample {
  const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!found) throw wrong('not a sample');
  const [, name = '', inside = '', number = ''] = found;
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest !== '') {
    const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|$)/.exec(rest);
    if (!label) throw wrong('a label that is none');
    const [whole, key = '', value = '', comma] = label;
    if (key in labels || key.startsWith('__')) throw wrong(`label ${key} twice, or reserved`);
    labels[key] = unescape(value, () => wrong('an escape that is none'));
    rest = rest.slice(whole.length);
    if (comma === ',' && rest === '') throw wrong('a comma at the end');
  }
  if (!/^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/.test(number)) throw wrong('not a number');
  const value = number.endsWith('Inf') ? (number.startsWith('-') ? -Infinity : Infinity) : Number(number);
  return { name, labels, value };
}

function unescape(text: string, wrong: () => Error): string {
  return text.replace(/\\(.?)/g, (_, escaped: string) => {
    if (escaped === 'n') return '\n';
    if (escaped === '\\' || escaped === '"') return escaped;
    throw wrong();
  });
}

function checkSample(type: string, { name, labels, value }: ReadSample, wrong: (what: string) => Error): void {
  if (type === 'counter' && !(value >= 0 && Number.isFinite(value))) throw wrong('a counter below 0 or without end');
  if (type === 'info' && value !== 1) throw wrong('an info that is not 1');
  if (type === 'stateset' && (!(name in labels) || (value !== 0 && value !== 1))) throw wrong('not a state');
  if (type === 'histogram' && name.endsWith('_bucket') && labels['le'] === undefined)
    throw wrong('a bucket without le');
  if (type !== 'histogram' && 'le' in labels) throw wrong('le outside a histogram');
  if (
    type === 'summary' &&
    'quantile' in labels &&
    !(Number(labels['quantile']) >= 0 && Number(labels['quantile']) <= 1)
  )
    throw wrong('a quantile that is none');
}

function checkFamily({ name, type, samples }: ReadFamily): void {
  if (samples.length === 0) throw new Error(`${name}: no sample`);
  if (type !== 'histogram') return;
  const buckets = samples.filter((sample) => sample.name.endsWith('_bucket'));
  const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
  const rising = (values: readonly number[]) => values.every((value, n) => n === 0 || value >= (values[n - 1] ?? 0));
  if (!rising(bounds) || !rising(buckets.map(({ value }) => value))) throw new Error(`${name}: buckets do not rise`);
  if (bounds.at(-1) !== Infinity) throw new Error(`${name}: no bucket for everything`);
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
  if (count !== buckets.at(-1)?.value) throw new Error(`${name}: count and last bucket differ`);
}
