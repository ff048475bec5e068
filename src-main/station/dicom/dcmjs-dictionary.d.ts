declare module 'dcmjs/dictionary' {
  type Row = { readonly tag: string; readonly vr: string; readonly name: string; readonly vm: string };
  export const dictionary: Readonly<Record<string, Row>>;
}
