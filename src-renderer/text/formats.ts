// How dates, times, names, sizes and counts are said. Pure; the clock is handed in, so that an age can be tested.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

const two = (n: number) => String(n).padStart(2, '0');

/** Made once: a number that is asked to write itself by a language makes one each time. */
const counting = new Intl.NumberFormat('en-GB');

/** 1204 as '1,204'. */
export const sayCount = (count: number): string => (count < 1000 ? String(count) : counting.format(count));

/** '1 image', '12 images', '1,204 images'. */
export const sayMany = (count: number, one: string, many = `${one}s`): string =>
  `${sayCount(count)} ${count === 1 ? one : many}`;

/** '08:42', by this machine's clock. Empty for what is no time. */
export function sayClock(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? '' : `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** '08:42' today, '21 Nov, 08:42' on another day. */
export function sayWhen(iso: string | null, now: number): string {
  if (iso === null) return '';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? sayClock(iso) : `${at.getDate()} ${months[at.getMonth()] ?? ''}, ${sayClock(iso)}`;
}

/** 'just now', '2 min ago', '3 h ago', '2 days ago'. */
export function sayAge(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${sayMany(Math.round(seconds / 86_400), 'day')} ago`;
}

/** '0:21', '12:05', '2 h 10 min': how long until a time; '0:00' when it has come. */
export function sayUntil(iso: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(iso) - now) / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** '20 s', '4 min', '2 h 10 min', '3 days': how long something takes. */
export function sayDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return sayMany(Math.round(seconds / 86_400), 'day');
}

/** 'a minute', '33 minutes', '2 hours', '3 days': how long since a time. */
export function saySince(iso: string, now: number): string {
  const minutes = Math.round((now - Date.parse(iso)) / 60_000);
  if (minutes < 2) return 'a minute';
  if (minutes < 90) return sayMany(minutes, 'minute');
  if (minutes < 48 * 60) return sayMany(Math.round(minutes / 60), 'hour');
  return sayMany(Math.round(minutes / 1440), 'day');
}

/** '412 GB', '1.3 GB', '18 MB', in powers of ten as disks are sold. */
export function saySize(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(0, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`;
  const giga = bytes / 1e9;
  return giga < 10 ? `${giga.toFixed(1)} GB` : `${sayCount(Math.round(giga))} GB`;
}

/** A DICOM date '19700102' as '2 Jan 1970'; anything else as it stands. */
export function sayDate(value: string): string {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(value.trim());
  const month = found ? months[Number(found[2]) - 1] : undefined;
  return found && month !== undefined ? `${Number(found[3])} ${month} ${found[1]}` : value;
}

/** Years between a DICOM date of birth and now; undefined when it is none. */
export function ageInYears(value: string, now: number): number | undefined {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (!found) return undefined;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  // Nobody was born on 30 February: such a date gives no age.
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day || month < 1 || month > 12) return undefined;
  const today = new Date(now);
  const had = (today.getMonth() + 1) * 100 + today.getDate() >= Number(`${found[2]}${found[3]}`);
  const years = today.getFullYear() - Number(found[1]) - (had ? 0 : 1);
  return years >= 0 && years < 150 ? years : undefined;
}

/** A person name for the banner: 'Brandt^Ute' as 'BRANDT, Ute'. Other writings stand behind it in brackets. */
export function sayName(value: string): string {
  const [alphabetic = '', ...others] = value.split('=');
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = alphabetic.split('^').map((c) => c.trim());
  const first = [prefix, given, middle, suffix].filter((part) => part !== '').join(' ');
  const name = [family.toLocaleUpperCase(), first].filter((part) => part !== '').join(', ');
  const writings = others.map((other) => other.replaceAll('^', ' ').trim()).filter((other) => other !== '');
  return writings.length === 0 ? name : `${name} (${writings.join(', ')})`;
}

/** 'a', 'a and b', 'a, b and c'. */
export function sayList(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** Puts parameters into a text: 'holds {limit}' with limit 16 as 'holds 16'. What is missing leaves nothing behind. */
export function fill(template: string, params: Readonly<Record<string, string | number>>): string {
  return template
    .replace(/\{(\w+)\}/g, (_whole, name: string) => String(params[name] ?? ''))
    .replace(/\s+([.,;:!?])/g, '$1');
}
