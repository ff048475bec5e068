// What is said when something is decided about images that have left.
export const afterReleaseWords = {
  explanation:
    'This image has been sent. It will be marked as rejected here, and every destination that has it, or may have it, is sent a note that says so. This cannot be taken back.',
  confirm: 'Reject and tell everybody',
} as const;
