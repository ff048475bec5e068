// Imports of files and folders.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerImports = (desk: Form, { imports }: House) => ({
  begin: desk.imports.begin.handler(({ input }) => imports.begin(input.paths, input.wait)),
  list: desk.imports.list.handler(() => imports.list()),
  read: desk.imports.read.handler(({ input }) => imports.read(input.id)),
});
