// docs/problems.md from the catalogue and its texts: one section a code, in the order of the catalogue.
import { problemKinds, type ProblemCode, type ProblemKind } from '#contract/problems.ts';
import { problemTexts, type ProblemText } from '../../../src-renderer/text/problems.ts';

const who: Readonly<Record<ProblemKind['who'], string>> = {
  technologist: 'The technologist',
  administrator: 'Whoever looks after the station',
  sender: 'Whoever sent or asked',
};
const weight: Readonly<Record<ProblemKind['weight'], string>> = {
  stop: 'keeps an exam from leaving',
  warn: 'wants a look',
  note: 'is only said',
};

export function describeProblems(): string {
  const head = `# Problems

Everything a person or the clock can put right, by its code. A code is never renamed and never used for something else.
Scripts get the code with its parameters; the window shows the words below. This page is made by
\`node test/rules/problems/write.ts\` from \`src-main/contract/problems.ts\` and \`src-renderer/text/problems.ts\`.
`;
  const codes = Object.keys(problemKinds) as ProblemCode[];
  return [head, ...codes.map((code) => section(code, problemKinds[code], problemTexts[code]))].join('\n');
}

function section(code: ProblemCode, kind: ProblemKind, text: ProblemText): string {
  const params = kind.params.length === 0 ? 'none' : kind.params.map((name) => `\`${name}\``).join(', ');
  return `## \`${code}\`

**${text.title}.** ${text.explanation}

_What to do:_ ${text.remedy}

- ${who[kind.who]} can act. It ${weight[kind.weight]}${kind.heals ? ' and may go away by itself' : ''}.
- Parameters: ${params}
- HTTP status: ${kind.status}
`;
}
