// The contract as a form to be filled in, with problems translated on the way out.
import type { implement } from '@orpc/server';
import type { Contract } from '#contract/procedures.ts';

export type Form = ReturnType<ReturnType<typeof implement<Contract>>['use']>;
