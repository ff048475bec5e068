// What others are told of exams: the list, and telling once more.
import type { Form } from './form.ts';
import type { House } from './house.ts';

const shown = 50;

export const answerNotices = (desk: Form, { notices }: House) => ({
  list: desk.notices.list.handler(({ input }) => notices.page(input)),
  resend: desk.notices.resend.handler(({ input }) => {
    notices.resend(input.number);
    return notices.page({ limit: shown });
  }),
});
